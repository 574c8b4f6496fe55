using Chat.BuildingBlocks.Ids;
using Chat.BuildingBlocks.Nodes;
using Chat.Modules.Delivery.Contracts;
using Chat.Modules.Messaging.Contracts;

namespace Chat.Modules.Delivery.Relay;

/// <summary>Reads what <see cref="RelayWriter"/> wrote.</summary>
internal static class RelayReader
{
    /// <summary>The rest of a message, whose conversation has been read.</summary>
    public static MessageAppended Appended(this ref BusReader reader, ConversationId conversation, IContentCodec contents)
    {
        var previous = reader.SeqNo();
        var seqNo = reader.SeqNo();
        var id = reader.Message();
        var sender = reader.Device();
        var clientMsgId = reader.Name();
        var timestamp = reader.Time();
        return new MessageAppended(new LoggedMessage(id, conversation, seqNo, sender, clientMsgId, contents.Read(reader.Rest), timestamp), previous);
    }

    /// <returns>Null for an event that this version does not know.</returns>
    public static ServerEvent? Event(this ref BusReader reader)
    {
        switch ((RelayedEvent)reader.Byte())
        {
            case RelayedEvent.Receipt:
                var (where, message, seqNo, reads) = (reader.Conversation(), reader.Message(), reader.SeqNo(), reader.User());
                return (AckStatus)reader.Byte() is var status && Enum.IsDefined(status) ? new ReceiptEvent(where, message, seqNo, reads, status) : null;
            case RelayedEvent.Typing:
                return new TypingEvent(reader.Conversation(), reader.User(), reader.Byte() == 1);
            case RelayedEvent.Conversation:
                var (conversation, change, user) = (reader.Conversation(), (ConversationChange)reader.Byte(), reader.Name());
                return Enum.IsDefined(change) ? new ConversationEvent(conversation, change, user.Length > 0 ? UserId.Parse(user) : null) : null;
            case RelayedEvent.Advanced:
                return new AdvancedEvent(reader.Conversation(), reader.SeqNo());
            case RelayedEvent.OwnSettings:
                var (whose, mutedUntil) = (reader.Conversation(), reader.Number());
                return new OwnSettingsEvent(
                    whose, new OwnSettingsChange(mutedUntil == RelayWriter.Unchanged ? null : DateTimeOffset.FromUnixTimeMilliseconds(mutedUntil)));
            default:
                return null;
        }
    }
}
