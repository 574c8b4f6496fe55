using System.Text.Encodings.Web;
using System.Text.Json;

namespace Chat.Modules.Delivery.Notifications.Apns;

/// <summary>The payload for APNs: Apple's part in <c>aps</c>, the contract's names beside it.</summary>
internal static class ApnsMessage
{
    /// <summary>Shown where the device asked for no text; the app may put its own words there.</summary>
    private const string Unnamed = "New message";

    private static readonly JsonWriterOptions Plain = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>At most 4,096 bytes: the text, which is in it twice, is cut as far as it must be.</summary>
    public static byte[] Write(PushNotification what)
    {
        var limit = PushNotification.MaxPayloadBytes;
        while (true)
        {
            var fitted = what.Fit(limit);
            var bytes = WriteAll(fitted);
            if (bytes.Length <= PushNotification.MaxPayloadBytes || fitted.Body is null)
                return bytes;
            limit = fitted.ToPayload(limit).Length - Math.Max(1, (bytes.Length - PushNotification.MaxPayloadBytes + 1) / 2);
        }
    }

    private static byte[] WriteAll(PushNotification what)
    {
        using var bytes = new MemoryStream();
        using (var json = new Utf8JsonWriter(bytes, Plain))
        {
            json.WriteStartObject();
            json.WriteStartObject("aps");
            if (what.IsWithdrawal)
                json.WriteNumber("content-available", 1);
            else
                WriteAlert(json, what);
            json.WriteEndObject();
            using var payload = JsonDocument.Parse(what.ToPayload(PushNotification.MaxPayloadBytes));
            foreach (var property in payload.RootElement.EnumerateObject())
                property.WriteTo(json);
            json.WriteEndObject();
        }
        return bytes.ToArray();
    }

    private static void WriteAlert(Utf8JsonWriter json, PushNotification what)
    {
        json.WriteStartObject("alert");
        if (what.Title is not null)
            json.WriteString("title", what.Title);
        // Who wrote in a group, where the text does not say it.
        if (what is { Body: null, Sender: { } sender, Conversation.IsDirect: false })
            json.WriteString("subtitle", sender.Value);
        json.WriteString("body", what.Body ?? Unnamed);
        json.WriteEndObject();
        json.WriteNumber("badge", what.Badge);
        json.WriteString("sound", "default");
        json.WriteString("thread-id", what.CollapseKey);
        // The app may change it before it is shown, such as to show a picture.
        json.WriteNumber("mutable-content", 1);
    }
}
