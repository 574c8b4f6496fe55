using System.Text.Json;
using Chat.BuildingBlocks.Ids;
using Chat.Modules.Delivery.Contracts;
using Chat.Modules.Messaging.Contracts;

namespace Chat.Host.Transports.Frames;

/// <summary>Every frame that the server sends: its type and its fields, for all doors.</summary>
internal static class ServerFrame
{
    /// <summary>The <c>type</c> on <c>/ws</c>, the event's name on the hub.</summary>
    public static string TypeOf(ServerEvent @event) => @event switch
    {
        MessageEvent => "message",
        SentAck or ReceiptEvent => "ack",
        TypingEvent => "typing",
        PresenceEvent => "presence",
        AdvancedEvent => "advanced",
        ConversationEvent => "conversation",
        CaughtUpEvent => "caughtUp",
        ResyncEvent => "resync",
        GoAwayEvent => "goAway",
        Welcome => "welcome",
        PageAnswer => "page",
        Authenticated => "authenticated",
        Pong => "pong",
        ErrorAnswer => "error",
        _ => throw new ArgumentException($"{@event.GetType().Name} is no frame.", nameof(@event)),
    };

    /// <summary>The frame's fields, all but its type. Times are Unix milliseconds.</summary>
    public static void WriteTo<TWriter>(ServerEvent @event, ref TWriter writer) where TWriter : struct, IFieldWriter
    {
        switch (@event)
        {
            case MessageEvent e:
                new MessageFields(e.ToSender ? e.Message.Sender.User : null).WriteTo(e.Message, ref writer);
                break;
            case SentAck e:
                writer.Text(Names.ClientMsgId, e.ClientMsgId);
                writer.Id(Names.MessageId, e.Sent.Id);
                writer.Text(Names.ConversationId, e.Sent.Conversation.Value);
                writer.Number(Names.SeqNo, e.Sent.SeqNo.Value);
                writer.Number(Names.Timestamp, e.Sent.Timestamp.ToUnixTimeMilliseconds());
                writer.Text(Names.Status, "sent");
                break;
            case ReceiptEvent e:
                writer.Text(Names.ConversationId, e.Conversation.Value);
                writer.Id(Names.MessageId, e.Message);
                writer.Number(Names.SeqNo, e.SeqNo.Value);
                writer.Text(Names.UserId, e.User.Value);
                writer.Text(Names.Status, e.Status == AckStatus.Read ? "read" : "delivered");
                break;
            case TypingEvent e:
                writer.Text(Names.ConversationId, e.Conversation.Value);
                writer.Text(Names.UserId, e.User.Value);
                writer.Flag(Names.Active, e.Active);
                break;
            case PresenceEvent e:
                writer.Text(Names.UserId, e.State.User.Value);
                writer.Flag(Names.Online, e.State.Online);
                writer.Number(Names.LastSeen, e.State.LastSeen?.ToUnixTimeMilliseconds());
                break;
            case AdvancedEvent e:
                writer.Text(Names.ConversationId, e.Conversation.Value);
                writer.Number(Names.MaxSeqNo, e.MaxSeqNo.Value);
                break;
            case ConversationEvent e:
                writer.Text(Names.ConversationId, e.Conversation.Value);
                writer.Text(Names.Change, NameOf(e.Change));
                writer.Text(Names.UserId, e.User?.Value);
                break;
            case GoAwayEvent e:
                writer.Number(Names.AfterMs, (long)e.After.TotalMilliseconds);
                break;
            case Welcome e:
                writer.Text(Names.UserId, e.Device.User.Value);
                writer.Text(Names.DeviceId, e.Device.Device.Value);
                writer.Number(Names.ServerTime, e.ServerTime.ToUnixTimeMilliseconds());
                writer.Text(Names.Epoch, e.Epoch);
                break;
            case PageAnswer e:
                writer.Text(Names.ConversationId, e.Page.Conversation.Value);
                writer.List(Names.Messages, e.Page.Messages, new MessageFields(e.Reader));
                writer.Number(Names.NextAfter, e.Page.NextAfter?.Value);
                writer.Number(Names.MaxSeqNo, e.Page.MaxSeqNo.Value);
                break;
            case Authenticated e:
                writer.Number(Names.ExpiresAt, e.ExpiresAt.ToUnixTimeMilliseconds());
                break;
            case ErrorAnswer e:
                writer.Text(Names.Code, e.Error.Code);
                writer.Text(Names.Message, e.Error.Text);
                writer.Text(Names.ClientMsgId, e.ClientMsgId);
                writer.Number(Names.RetryAfterMs, e.Error.RetryAfter is { } after ? (long)Math.Ceiling(after.TotalMilliseconds) : null);
                break;
        }
    }

    private static string NameOf(ConversationChange change) => change switch
    {
        ConversationChange.Created => "created",
        ConversationChange.TitleChanged => "titleChanged",
        ConversationChange.MemberAdded => "memberAdded",
        ConversationChange.MemberRemoved => "memberRemoved",
        ConversationChange.RoleChanged => "roleChanged",
        _ => throw new ArgumentOutOfRangeException(nameof(change)),
    };

    /// <param name="reader">The user whose own messages show their <c>clientMsgId</c>; null for nobody.</param>
    private readonly struct MessageFields(UserId? reader) : IFieldsOf<LoggedMessage>
    {
        public void WriteTo<TWriter>(LoggedMessage message, ref TWriter writer) where TWriter : struct, IFieldWriter
        {
            writer.Id(Names.MessageId, message.Id);
            writer.Text(Names.ConversationId, message.Conversation.Value);
            writer.Number(Names.SeqNo, message.SeqNo.Value);
            writer.Text(Names.SenderId, message.Sender.User.Value);
            writer.Text(Names.Text, message.Content.Text);
            writer.Number(Names.Timestamp, message.Timestamp.ToUnixTimeMilliseconds());
            writer.Id(Names.ReplyTo, message.Content.ReplyTo);
            if (message.Sender.User == reader)
                writer.Text(Names.ClientMsgId, message.ClientMsgId);
        }
    }

    private static class Names
    {
        public static readonly JsonEncodedText Active = JsonEncodedText.Encode("active");
        public static readonly JsonEncodedText AfterMs = JsonEncodedText.Encode("afterMs");
        public static readonly JsonEncodedText Change = JsonEncodedText.Encode("change");
        public static readonly JsonEncodedText ClientMsgId = JsonEncodedText.Encode("clientMsgId");
        public static readonly JsonEncodedText Code = JsonEncodedText.Encode("code");
        public static readonly JsonEncodedText ConversationId = JsonEncodedText.Encode("conversationId");
        public static readonly JsonEncodedText DeviceId = JsonEncodedText.Encode("deviceId");
        public static readonly JsonEncodedText Epoch = JsonEncodedText.Encode("epoch");
        public static readonly JsonEncodedText ExpiresAt = JsonEncodedText.Encode("expiresAt");
        public static readonly JsonEncodedText LastSeen = JsonEncodedText.Encode("lastSeen");
        public static readonly JsonEncodedText MaxSeqNo = JsonEncodedText.Encode("maxSeqNo");
        public static readonly JsonEncodedText Message = JsonEncodedText.Encode("message");
        public static readonly JsonEncodedText MessageId = JsonEncodedText.Encode("messageId");
        public static readonly JsonEncodedText Messages = JsonEncodedText.Encode("messages");
        public static readonly JsonEncodedText NextAfter = JsonEncodedText.Encode("nextAfter");
        public static readonly JsonEncodedText Online = JsonEncodedText.Encode("online");
        public static readonly JsonEncodedText ReplyTo = JsonEncodedText.Encode("replyTo");
        public static readonly JsonEncodedText RetryAfterMs = JsonEncodedText.Encode("retryAfterMs");
        public static readonly JsonEncodedText SenderId = JsonEncodedText.Encode("senderId");
        public static readonly JsonEncodedText SeqNo = JsonEncodedText.Encode("seqNo");
        public static readonly JsonEncodedText ServerTime = JsonEncodedText.Encode("serverTime");
        public static readonly JsonEncodedText Status = JsonEncodedText.Encode("status");
        public static readonly JsonEncodedText Text = JsonEncodedText.Encode("text");
        public static readonly JsonEncodedText Timestamp = JsonEncodedText.Encode("timestamp");
        public static readonly JsonEncodedText UserId = JsonEncodedText.Encode("userId");
    }
}
