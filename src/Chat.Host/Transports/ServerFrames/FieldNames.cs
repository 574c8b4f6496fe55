using System.Text.Json;

namespace Chat.Host.Transports.ServerFrames;

/// <summary>The properties that several frames have; what one frame alone has stands in its file.</summary>
internal static class FieldNames
{
    public static readonly JsonEncodedText ClientMsgId = JsonEncodedText.Encode("clientMsgId");
    public static readonly JsonEncodedText Concurrent = JsonEncodedText.Encode("concurrent");
    public static readonly JsonEncodedText ConversationId = JsonEncodedText.Encode("conversationId");
    public static readonly JsonEncodedText Emoji = JsonEncodedText.Encode("emoji");
    public static readonly JsonEncodedText MaxSeqNo = JsonEncodedText.Encode("maxSeqNo");
    public static readonly JsonEncodedText Mentions = JsonEncodedText.Encode("mentions");
    public static readonly JsonEncodedText MessageId = JsonEncodedText.Encode("messageId");
    public static readonly JsonEncodedText SenderId = JsonEncodedText.Encode("senderId");
    public static readonly JsonEncodedText SeqNo = JsonEncodedText.Encode("seqNo");
    public static readonly JsonEncodedText Status = JsonEncodedText.Encode("status");
    public static readonly JsonEncodedText Text = JsonEncodedText.Encode("text");
    public static readonly JsonEncodedText ThreadId = JsonEncodedText.Encode("threadId");
    public static readonly JsonEncodedText ThreadSeqNo = JsonEncodedText.Encode("threadSeqNo");
    public static readonly JsonEncodedText Timestamp = JsonEncodedText.Encode("timestamp");
    public static readonly JsonEncodedText UserId = JsonEncodedText.Encode("userId");
    public static readonly JsonEncodedText UserIds = JsonEncodedText.Encode("userIds");
}
