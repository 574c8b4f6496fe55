using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace Chat.Modules.Delivery.Notifications.Fcm;

/// <summary>A message of FCM's HTTP v1: the contract's names in <c>data</c>, all as strings, so that the app itself shows it.</summary>
internal static class FcmMessage
{
    private static readonly JsonWriterOptions Plain = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    // Four numbers of the payload are strings in data.
    private const int QuotesOfNumbers = 4 * 2;

    public static byte[] Write(string token, PushNotification what)
    {
        using var bytes = new MemoryStream();
        using (var json = new Utf8JsonWriter(bytes, Plain))
        {
            json.WriteStartObject();
            json.WriteStartObject("message");
            json.WriteString("token", token);
            json.WriteStartObject("data");
            using (var payload = JsonDocument.Parse(what.ToPayload(PushNotification.MaxPayloadBytes - QuotesOfNumbers)))
            {
                foreach (var property in payload.RootElement.EnumerateObject())
                    json.WriteString(property.Name, property.Value.ToString());
            }
            json.WriteEndObject();
            json.WriteStartObject("android");
            json.WriteString("collapse_key", what.CollapseKey);
            json.WriteString("priority", what.IsWithdrawal ? "NORMAL" : "HIGH");
            json.WriteString("ttl", string.Create(CultureInfo.InvariantCulture, $"{(long)what.TimeToLive.TotalSeconds}s"));
            json.WriteEndObject();
            json.WriteEndObject();
            json.WriteEndObject();
        }
        return bytes.ToArray();
    }
}
