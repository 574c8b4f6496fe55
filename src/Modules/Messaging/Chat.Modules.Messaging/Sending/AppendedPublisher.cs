using Chat.BuildingBlocks.Ids;
using Chat.Modules.Messaging.Contracts;
using Chat.Modules.Messaging.Log;
using MediatR;

namespace Chat.Modules.Messaging.Sending;

/// <summary>
/// Raises <see cref="MessageAppended"/> once for each message that this server answers for. That is not always the server, or the attempt, that appended it: a sync
/// may fail after the write, and another node's append may count only in the next term. Then the answer to the retry is the first that this server knows of the
/// message.
/// </summary>
/// <remarks>Messages answered long ago are forgotten, and raised again on a retry: receivers ignore what they have.</remarks>
internal sealed class AppendedPublisher(IMediator mediator)
{
    // Twice that are kept: about 5 MB.
    private const int MaxRecent = 32_768;

    private readonly Lock _lock = new();

    // Both under _lock. Whole sets are forgotten, the older one first, which costs an append less than to forget one for each.
    private HashSet<MessageId> _recent = new(new ByTime());
    private HashSet<MessageId> _older = new(new ByTime());

    /// <summary>Call before the answer.</summary>
    public Task PublishOnceAsync(AppendedMessage appended) =>
        // The message is durable, so not cancelled with the request.
        IsFirst(appended.Message.Id) ? mediator.Publish(new MessageAppended(appended.Message, appended.Previous), CancellationToken.None) : Task.CompletedTask;

    private bool IsFirst(MessageId message)
    {
        lock (_lock)
        {
            if (_older.Contains(message) || !_recent.Add(message))
                return false;
            if (_recent.Count < MaxRecent)
                return true;
            (_recent, _older) = (_older, _recent);
            _recent.Clear();
            return true;
        }
    }

    // Ids of one moment stand together in the sets, and in the processor's cache.
    private sealed class ByTime : IEqualityComparer<MessageId>
    {
        public bool Equals(MessageId one, MessageId other) => one == other;

        public int GetHashCode(MessageId id) => (int)Activity.Of(id).Value;
    }
}
