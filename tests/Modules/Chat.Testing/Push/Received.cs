using System.Text.Json;

namespace Chat.Testing.Push;

/// <summary>A notification that a platform has taken.</summary>
/// <param name="Address">Web Push: the endpoint; FCM and APNs: the token.</param>
/// <param name="Payload">The contract's properties: decrypted for Web Push, from <c>data</c> (all strings) for FCM, all of the body for APNs.</param>
/// <param name="Headers">The request's, by lower-case name. For FCM <c>collapse_key</c>, <c>priority</c> and <c>ttl</c> of <c>android</c> as well.</param>
/// <param name="At">When it was taken.</param>
public sealed record Received(string Address, JsonElement Payload, IReadOnlyDictionary<string, string> Headers, DateTimeOffset At)
{
    /// <summary>A property as text, whatever its kind; null if there is none.</summary>
    public string? this[string property] => Payload.TryGetProperty(property, out var value) ? value.ToString() : null;
}
