using Chat.BuildingBlocks.Ids;

namespace Chat.Modules.Messaging.Log;

/// <summary>The timer of a conversation: messages that are appended while it is in force expire.</summary>
/// <param name="Entry">The entry that set it.</param>
/// <param name="Seconds">How long they are shown; 0 for ever.</param>
internal sealed record ConversationTimer(SeqNo Entry, int Seconds)
{
    /// <summary>The message as it is appended under a timer.</summary>
    public static MessageDraft Apply(ConversationTimer? timer, MessageDraft message)
    {
        if (timer is not { Seconds: > 0 })
            return message;
        var sentAt = DateTimeOffset.FromUnixTimeMilliseconds(message.Now.ToUnixTimeMilliseconds());
        return message with { Content = message.Content with { ExpiresAt = sentAt.AddSeconds(timer.Seconds) } };
    }
}
