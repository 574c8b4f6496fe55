using System.Text.Json;
using System.Text.Json.Serialization;

namespace Chat.Client;

/// <summary>A push notification as it arrives (docs/protocol.md, Push notifications).</summary>
/// <param name="Version">1.</param>
/// <param name="ConversationId">A later notification of the same conversation takes its place.</param>
/// <param name="SeqNo">Of the newest message; in a withdrawal up to where the user has read.</param>
/// <param name="Unread">Unread messages of the conversation; 0 withdraws its notification.</param>
/// <param name="Badge">Conversations with unread messages.</param>
/// <param name="MessageId">Of the newest message; null in a withdrawal.</param>
/// <param name="Title">In a group its title, else who wrote; null if the device did not ask for it, and in a withdrawal.</param>
/// <param name="Body">The text, in a group with who wrote before it; null as <paramref name="Title"/>, and if the message has none.</param>
/// <param name="Sender">Who wrote the newest message; null as <paramref name="Title"/>, and from servers of the version before.</param>
[JsonNumberHandling(JsonNumberHandling.AllowReadingFromString)]
public sealed record PushPayload(
    [property: JsonPropertyName("v")] int Version, string ConversationId, long SeqNo, int Unread, int Badge, string? MessageId = null, string? Title = null, string? Body = null,
    string? Sender = null)
{
    /// <summary>Whether the conversation's notification is to be removed.</summary>
    [JsonIgnore]
    public bool IsWithdrawal => Unread == 0;

    /// <summary>Reads one: what Web Push brought, decrypted; the <c>data</c> of FCM; the whole payload of APNs.</summary>
    /// <exception cref="JsonException">It is none.</exception>
    public static PushPayload Parse(string json) =>
        JsonSerializer.Deserialize(json, ChatJson.Wire.PushPayload) ?? throw new JsonException("A notification is an object.");
}
