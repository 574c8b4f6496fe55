using Chat.BuildingBlocks.Ids;
using Chat.Modules.Messaging.Contracts;
using Chat.Modules.Messaging.Log;
using MediatR;

namespace Chat.Modules.Messaging.Sending;

/// <summary>
/// Raises <see cref="MessageAppended"/> for each message that this server answers for, once. That is not always the server, or the attempt, that
/// appended it: a sync may fail after the write, and another node's append may count only in the next term. Then the answer to the retry is the
/// first that anybody here hears of it.
/// </summary>
/// <remarks>What was answered long ago is forgotten, and raised again when it is repeated: whoever has the message already passes over it.</remarks>
internal sealed class FirstAnswers(IMediator mediator)
{
    // About 6 MB.
    private const int MaxKept = 65_536;

    private readonly Lock _lock = new();
    private readonly HashSet<MessageId> _answered = [];
    private readonly Queue<MessageId> _order = new();

    /// <summary>To be called before the answer is given.</summary>
    public Task TellAsync(AppendedMessage appended) =>
        // The message is durable: a sender that hangs up must not stop its fan-out.
        IsFirst(appended.Message.Id) ? mediator.Publish(new MessageAppended(appended.Message, appended.Previous), CancellationToken.None) : Task.CompletedTask;

    private bool IsFirst(MessageId message)
    {
        lock (_lock)
        {
            if (!_answered.Add(message))
                return false;
            _order.Enqueue(message);
            if (_order.Count > MaxKept)
                _answered.Remove(_order.Dequeue());
            return true;
        }
    }
}
