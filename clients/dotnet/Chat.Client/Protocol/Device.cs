using System.Text.Json.Serialization;

namespace Chat.Client;

/// <summary>One of the user's installations.</summary>
/// <param name="DeviceId">Its id.</param>
/// <param name="CreatedAt">When it was first signed in.</param>
/// <param name="LastUsedAt">When it was last used, roughly.</param>
/// <param name="Current">Whether it is this one.</param>
/// <param name="DeviceName">The name that it was signed in with, if any.</param>
public sealed record Device(
    string DeviceId, [property: JsonConverter(typeof(UnixMilliseconds))] DateTimeOffset CreatedAt,
    [property: JsonConverter(typeof(UnixMilliseconds))] DateTimeOffset LastUsedAt, bool Current, string? DeviceName = null);
