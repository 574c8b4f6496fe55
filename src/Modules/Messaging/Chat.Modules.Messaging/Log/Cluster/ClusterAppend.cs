using Chat.BuildingBlocks.Errors;
using Chat.BuildingBlocks.Ids;
using Chat.Modules.Messaging.Contracts;

namespace Chat.Modules.Messaging.Log.Cluster;

/// <summary>A message, or a change, between the call of <c>AppendAsync</c> and its answer. One writer at a time has it.</summary>
internal sealed class ClusterAppend
{
    private readonly TaskCompletionSource<Result<AppendedMessage>> _done = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public ClusterAppend(MessageDraft draft, Activity activity)
    {
        Draft = draft;
        Key = AttemptKey.Of(draft.Sender.User, draft.ClientMsgId);
        Id = AttemptKey.NewId(Key, activity);
    }

    public MessageDraft Draft { get; }

    public long Key { get; }

    public MessageId Id { get; }

    /// <summary>Its approximate size in a request.</summary>
    public int Bytes => 512 + ContentCodec.SizeOf(Draft.Content);

    /// <summary>Claims of this attempt that failed, including its own.</summary>
    public List<Claim> FailedClaims { get; } = [];

    public Task<Result<AppendedMessage>> Done => _done.Task;

    public Claim ToClaim(long term, SeqNo head) => new(Id, term, Draft.Sender.User, Draft.ClientMsgId, Draft.Conversation, head);

    /// <param name="message">The attempt's, in the log: this append's or an earlier one's.</param>
    public void Complete(LoggedMessage message) => Complete(AppendedMessage.Earlier(message) with { Duplicate = message.Id != Id });

    /// <param name="result">Of a change: also the entry that made it so already, or the refusal.</param>
    public void Complete(Result<AppendedMessage> result) => _done.TrySetResult(result);

    public void Fail(Exception e) => _done.TrySetException(e);
}
