using Chat.Host.Transports.Frames;
using System.Text.Json;

namespace Chat.Host.Transports.ServerFrames;

/// <summary>The connection's token was renewed.</summary>
internal sealed class Authenticated(DateTimeOffset expiresAt) : Answer
{
    public DateTimeOffset ExpiresAt => expiresAt;
}

/// <summary>Until when the new token is good.</summary>
internal readonly struct AuthenticatedFrame : IServerFrame<Authenticated>
{
    private static readonly JsonEncodedText ExpiresAt = JsonEncodedText.Encode("expiresAt");

    public static string Type => "authenticated";

    public void WriteTo<TWriter>(Authenticated e, ref TWriter fields) where TWriter : struct, IFieldWriter
    {
        fields.Number(ExpiresAt, e.ExpiresAt.ToUnixTimeMilliseconds());
    }
}
