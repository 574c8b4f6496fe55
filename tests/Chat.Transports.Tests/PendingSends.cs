using System.Collections.Concurrent;
using Chat.BuildingBlocks.Errors;
using Chat.BuildingBlocks.Ids;
using Chat.Modules.Messaging.Contracts;
using Chat.Testing;

namespace Chat.Transports.Tests;

/// <summary>Messages that are sent and end when the test says so.</summary>
public sealed class PendingSends
{
    private readonly ConcurrentQueue<string> _events = new();
    private readonly ConcurrentDictionary<string, TaskCompletionSource<Result<SentMessage>>> _sends = new();

    public PendingSends(FakeMediator mediator) => mediator.AnswerLater<SendMessage, Result<SentMessage>>(send =>
    {
        Note(send.ClientMsgId);
        return _sends.GetOrAdd(send.ClientMsgId, _ => new TaskCompletionSource<Result<SentMessage>>()).Task;
    });

    /// <summary>In their order: clientMsgIds of messages that have begun, and what the test has noted.</summary>
    public IReadOnlyList<string> Begun => [.. _events];

    public void Note(string happened) => _events.Enqueue(happened);

    public Task BegunAsync(int count) => Wait.UntilAsync(() => _events.Count >= count, $"{count} have begun");

    public void End(string clientMsgId, Result<SentMessage> result) => _sends[clientMsgId].SetResult(result);

    public void Fail(string clientMsgId, Exception e) => _sends[clientMsgId].SetException(e);

    public static SentMessage Sent(long seqNo) => new(
        MessageId.Parse("01890a5d-ac96-774b-bcce-b302099a8057"), ConversationId.Parse("dm:alice:bob"), new SeqNo(seqNo),
        DateTimeOffset.FromUnixTimeSeconds(1), Duplicate: false);
}
