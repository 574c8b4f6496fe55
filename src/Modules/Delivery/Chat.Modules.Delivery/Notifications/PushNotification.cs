using System.Text;
using System.Text.Json;
using Chat.BuildingBlocks.Ids;

namespace Chat.Modules.Delivery.Notifications;

/// <summary>What a device is told about a conversation. A later one of the same conversation takes its place on the device.</summary>
/// <param name="Message">The newest message that is owed; null in a withdrawal.</param>
/// <param name="SeqNo">Its place; in a withdrawal up to where the user has read, or what was deleted was told.</param>
/// <param name="Title">The group, or who wrote; null if the device did not ask for it, and in a withdrawal.</param>
/// <param name="Body">The text, in a group with who wrote before it; null as <paramref name="Title"/>, and if the message has none.</param>
/// <param name="Unread">The conversation's unread messages, as the list counts them; 0 withdraws what is shown.</param>
/// <param name="Badge">Conversations with unread messages.</param>
/// <param name="CollapseKey">A hash in base64url, 32 characters at most: of the same conversation always the same.</param>
/// <param name="TimeToLive">How long the platform may keep it for a device that is away.</param>
internal sealed record PushNotification(
    ConversationId Conversation, MessageId? Message, SeqNo SeqNo, string? Title, string? Body, int Unread, int Badge, string CollapseKey, TimeSpan TimeToLive)
{
    /// <summary>Who wrote the newest message; null as <see cref="Title"/>.</summary>
    public UserId? Sender { get; init; }

    /// <summary>The longest payload in bytes (RFC 8291 §4, and what FCM and APNs take).</summary>
    public const int MaxPayloadBytes = 4_096;

    /// <summary>Whether it takes back what is shown.</summary>
    public bool IsWithdrawal => Unread == 0;

    /// <summary>The payload of the contract as JSON, its body cut between characters where it would be longer.</summary>
    public byte[] ToPayload(int maxBytes) => Fit(maxBytes).Write();

    /// <summary>The same with a body so short that the payload as JSON has at most so many bytes.</summary>
    public PushNotification Fit(int maxBytes)
    {
        if (Body is null || Write().Length <= maxBytes)
            return this;
        var starts = System.Globalization.StringInfo.ParseCombiningCharacters(Body);
        var (fits, tooLong) = (0, starts.Length);
        while (tooLong - fits > 1)
        {
            var middle = (fits + tooLong) / 2;
            if (Cut(middle).Write().Length <= maxBytes)
                fits = middle;
            else
                tooLong = middle;
        }
        return fits == 0 ? this with { Body = null } : Cut(fits);

        PushNotification Cut(int characters) => this with { Body = $"{Body.AsSpan(0, starts[characters])}…" };
    }

    private byte[] Write()
    {
        using var bytes = new MemoryStream();
        using (var json = new Utf8JsonWriter(bytes, new JsonWriterOptions { Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping }))
        {
            json.WriteStartObject();
            json.WriteNumber("v", 1);
            json.WriteString("conversationId", Conversation.Value);
            if (Message is { } message)
                json.WriteString("messageId", message.Value);
            json.WriteNumber("seqNo", SeqNo.Value);
            if (Title is not null)
                json.WriteString("title", Title);
            if (Sender is { } sender)
                json.WriteString("sender", sender.Value);
            if (Body is not null)
                json.WriteString("body", Body);
            json.WriteNumber("unread", Unread);
            json.WriteNumber("badge", Badge);
            json.WriteEndObject();
        }
        return bytes.ToArray();
    }

    // Not what it says.
    private bool PrintMembers(StringBuilder text)
    {
        text.Append(Conversation).Append(' ').Append(SeqNo);
        return true;
    }
}
