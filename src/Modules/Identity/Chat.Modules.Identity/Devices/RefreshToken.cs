using System.Buffers.Text;
using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;

namespace Chat.Modules.Identity.Devices;

/// <summary>
/// A refresh token: the id of its family (the tokens that came of one login) and a secret, of which the server stores only the SHA-256. Made by <see cref="RefreshTokens"/>.
/// </summary>
internal sealed class RefreshToken(Guid family, byte[] secret)
{
    public const int SecretLength = 32;

    private const int FamilyLength = 16;

    public Guid Family => family;

    public byte[] Hash => SHA256.HashData(secret);

    /// <summary>Must not be logged.</summary>
    public ReadOnlySpan<byte> Secret => secret;

    public static bool TryParse(string text, [NotNullWhen(true)] out RefreshToken? token)
    {
        var bytes = new byte[FamilyLength + SecretLength];
        var wellFormed = Base64Url.IsValid(text, out var length) && length == bytes.Length && Base64Url.TryDecodeFromChars(text, bytes, out _);
        token = wellFormed ? new RefreshToken(new Guid(bytes.AsSpan(0, FamilyLength)), bytes[FamilyLength..]) : null;
        return wellFormed;
    }

    /// <summary>The token as the client gets it. Must not be logged.</summary>
    public string Reveal() => Base64Url.EncodeToString([.. family.ToByteArray(), .. secret]);
}
