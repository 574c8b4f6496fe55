using Chat.BuildingBlocks.Errors;
using Chat.BuildingBlocks.Ids;
using Chat.Modules.Messaging.Contracts;
using Chat.Testing;

namespace Chat.Modules.Groups.Tests.Notices;

/// <summary>Stands for the log: an append with the id of an earlier one is answered with that one.</summary>
internal sealed class NoticeLog
{
    private readonly Lock _lock = new();
    private readonly List<(UserId By, string Id, string Told)> _entries = [];

    /// <summary>What is in it, such as <c>ann titleChanged Runners</c>.</summary>
    public IReadOnlyList<string> Told
    {
        get
        {
            lock (_lock)
                return [.. _entries.Select(entry => entry.Told)];
        }
    }

    /// <summary>Answers a node's appends.</summary>
    /// <param name="mediator">The node's.</param>
    /// <param name="meets">What each meets; null for nothing.</param>
    public FakeMediator Answering(FakeMediator mediator, Func<Task<CqlFault>>? meets = null) => mediator.AnswerLater<AppendNotice, Result<SentMessage>>(async command =>
    {
        var fault = meets is null ? CqlFault.None : await meets();
        if (fault is CqlFault.NotSent)
            return new Error(ErrorCodes.Unavailable, "No answer in time.");
        var sent = Append(command);
        return fault is CqlFault.None ? sent : throw new StoreUnavailableException("No answer in time.");
    });

    public static string Say(UserId by, ConversationNotice notice) => string.Join(
        ' ', ((string?[])[$"{by}", notice.What, notice.User?.ToString(), string.Join(',', notice.Users), notice.Value]).Where(part => !string.IsNullOrEmpty(part)));

    private SentMessage Append(AppendNotice command)
    {
        lock (_lock)
        {
            var known = _entries.FindIndex(entry => (entry.By, entry.Id) == (command.By, command.NoticeId));
            if (known < 0)
                _entries.Add((command.By, command.NoticeId, Say(command.By, command.Notice)));
            var seqNo = new SeqNo(known < 0 ? _entries.Count : known + 1);
            return new SentMessage(default, command.Conversation, seqNo, Named.Now, Duplicate: known >= 0);
        }
    }
}
