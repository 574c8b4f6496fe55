using System.Buffers.Text;
using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;

namespace Chat.Host.Identity.Devices;

/// <summary>
/// A refresh token: the name of its family (the chain of rotations since one login) and 256 random bits, of which the server keeps the
/// SHA-256 alone.
/// </summary>
internal sealed class RefreshToken
{
    private const int FamilyLength = 16;
    private const int SecretLength = 32;

    private readonly byte[] _secret;

    private RefreshToken(Guid family, byte[] secret) => (Family, _secret) = (family, secret);

    public Guid Family { get; }

    public byte[] Hash => SHA256.HashData(_secret);

    public static RefreshToken NewFamily() => new(new Guid(RandomNumberGenerator.GetBytes(FamilyLength)), NewSecret());

    /// <summary>The next token of the same family.</summary>
    public RefreshToken Next() => new(Family, NewSecret());

    public static bool TryParse(string text, [NotNullWhen(true)] out RefreshToken? token)
    {
        var bytes = new byte[FamilyLength + SecretLength];
        var wellFormed = Base64Url.IsValid(text, out var length) && length == bytes.Length && Base64Url.TryDecodeFromChars(text, bytes, out _);
        token = wellFormed ? new RefreshToken(new Guid(bytes.AsSpan(0, FamilyLength)), bytes[FamilyLength..]) : null;
        return wellFormed;
    }

    /// <summary>As the client gets it. Never for a log.</summary>
    public string Reveal() => Base64Url.EncodeToString([.. Family.ToByteArray(), .. _secret]);

    private static byte[] NewSecret() => RandomNumberGenerator.GetBytes(SecretLength);
}
