using System.Text.Json.Serialization;

namespace Chat.Client;

/// <summary>A frame from the client. On /ws the frame has the type; on the hub it is the method.</summary>
[JsonPolymorphic(TypeDiscriminatorPropertyName = "type")]
[JsonDerivedType(typeof(SendFrame), "message")]
[JsonDerivedType(typeof(EditFrame), "edit")]
[JsonDerivedType(typeof(DeleteFrame), "delete")]
[JsonDerivedType(typeof(ReactFrame), "react")]
[JsonDerivedType(typeof(PinFrame), "pin")]
[JsonDerivedType(typeof(AckFrame), "ack")]
[JsonDerivedType(typeof(TypingFrame), "typing")]
[JsonDerivedType(typeof(PresenceFrame), "presence")]
[JsonDerivedType(typeof(AuthFrame), "auth")]
[JsonDerivedType(typeof(PingFrame), "ping")]
internal interface IClientFrame;

/// <summary>A frame that is answered by an ack or a refusal with its clientMsgId.</summary>
internal interface IAnsweredFrame : IClientFrame
{
    string ClientMsgId { get; }
}

internal sealed record SendFrame : MessageContent, IAnsweredFrame
{
    public SendFrame(string to, string clientMsgId, MessageContent content) : base(content)
    {
        (To, ClientMsgId) = (to, clientMsgId);
        // The server knows the rest.
        MediaList = null;
        if (content.Media.Count > 0)
            MediaIds = [.. content.Media.Select(media => new MediaReference(media.MediaId, media.Voice ? true : null, media.Waveform, media.Name))];
    }

    public string To { get; }

    public string ClientMsgId { get; }

    public IReadOnlyList<MediaReference>? MediaIds { get; }
}

/// <summary>A change of a message.</summary>
internal abstract record ChangeFrame(string To, string MessageId, string ClientMsgId) : IAnsweredFrame;

internal sealed record EditFrame(string To, string MessageId, string ClientMsgId, string Text, long BasedOn, IReadOnlyList<string>? Mentions = null) : ChangeFrame(To, MessageId, ClientMsgId);

internal sealed record DeleteFrame(string To, string MessageId, string ClientMsgId) : ChangeFrame(To, MessageId, ClientMsgId);

internal sealed record ReactFrame(string To, string MessageId, string ClientMsgId, string Emoji, bool On) : ChangeFrame(To, MessageId, ClientMsgId);

internal sealed record PinFrame(string To, string MessageId, string ClientMsgId, bool On) : ChangeFrame(To, MessageId, ClientMsgId);

/// <summary>The status is one of <see cref="AckStatus"/>.</summary>
internal sealed record AckFrame(string ConversationId, long SeqNo, string Status) : IClientFrame;

internal sealed record TypingFrame(string ConversationId, bool Active) : IClientFrame;

internal sealed record PresenceFrame(IReadOnlyCollection<string>? Subscribe, IReadOnlyCollection<string>? Unsubscribe) : IClientFrame;

internal sealed record AuthFrame(string Token) : IClientFrame
{
    // A record's own would contain the token.
    public override string ToString() => nameof(AuthFrame);
}

internal sealed record PingFrame : IClientFrame;

internal static class AckStatus
{
    public const string Delivered = "delivered";
    public const string Read = "read";
    public const string Sent = "sent";
}
