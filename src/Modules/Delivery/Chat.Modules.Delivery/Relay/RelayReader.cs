using System.Text;
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
                return new OwnSettingsEvent(reader.Conversation(), reader.SettingsChange());
            default:
                return null;
        }
    }

    private static OwnSettingsChange SettingsChange(this ref BusReader reader)
    {
        var muted = new OwnSettingsChange(reader.Number() is var time && time == RelayWriter.Unchanged ? null : DateTimeOffset.FromUnixTimeMilliseconds(time));
        if (reader.Rest.IsEmpty)
            return muted;
        return muted with
        {
            ArchivedBelow = reader.PlaceOrUnchanged(),
            IsPinned = reader.Number() is var pinned && pinned == RelayWriter.Unchanged ? null : pinned == 1,
            UnreadBelow = reader.PlaceOrUnchanged(),
            ClearedUpTo = reader.PlaceOrUnchanged(),
            Draft = reader.Number() is var size && size == RelayWriter.Unchanged ? null
                : size >= 0 && size <= reader.Rest.Length ? Encoding.UTF8.GetString(reader.Rest[..(int)size])
                : throw new FormatException("It ends too early."),
        };
    }

    private static SeqNo? PlaceOrUnchanged(this ref BusReader reader) => reader.Number() is var place && place == RelayWriter.Unchanged ? null : new SeqNo(place);
}
