using System.Security.Cryptography;

namespace Chat.Modules.Identity.Devices;

/// <summary>
/// Creates and classifies refresh tokens. A secret is a random number of 16 bytes and its MAC: so a token that was issued once can be told from an invented
/// one without storing it. The next number is a keyed hash of the secret: so the newest predecessor, presented again, gets the same answer. Both keys are
/// derived from the signing key.
/// </summary>
/// <remarks>
/// Secrets that the previous version issued are 32 random bytes. They rotate and repeat in the same way; an older one of them counts as unknown, not as
/// used.
/// </remarks>
internal sealed class RefreshTokens
{
    /// <summary>How long the newest predecessor may be used again: its answer was lost, or two tabs used it at once.</summary>
    public static readonly TimeSpan RepeatWindow = TimeSpan.FromSeconds(60);

    private const int NumberLength = 16;
    private const int MacLength = RefreshToken.SecretLength - NumberLength;

    private readonly byte[] _macKey;
    private readonly byte[] _nextKey;

    /// <param name="secret">32 bytes that all servers share.</param>
    public RefreshTokens(byte[] secret) => (_macKey, _nextKey) = (HMACSHA256.HashData(secret, "mac"u8), HMACSHA256.HashData(secret, "next"u8));

    public RefreshToken NewFamily() =>
        Make(new Guid(RandomNumberGenerator.GetBytes(16)), RandomNumberGenerator.GetBytes(NumberLength));

    /// <summary>The next token of the same family; always the same for one token.</summary>
    public RefreshToken NextOf(RefreshToken token) =>
        Make(token.Family, HMACSHA256.HashData(_nextKey, (byte[])[.. token.Family.ToByteArray(), .. token.Secret])[..NumberLength]);

    /// <summary>Classifies a token of an existing family.</summary>
    /// <param name="currentHash">The <see cref="RefreshToken.Hash"/> of the family's current token.</param>
    /// <param name="age">The time since the current token was issued; negative if the clock was set back.</param>
    public TokenUse Classify(RefreshToken presented, ReadOnlySpan<byte> currentHash, TimeSpan age)
    {
        if (CryptographicOperations.FixedTimeEquals(currentHash, presented.Hash))
            return TokenUse.Current;
        if (CryptographicOperations.FixedTimeEquals(currentHash, NextOf(presented).Hash))
            return age.Duration() < RepeatWindow ? TokenUse.Repeated : TokenUse.Used;
        var wasGivenOut = CryptographicOperations.FixedTimeEquals(
            MacOf(presented.Family, presented.Secret[..NumberLength]), presented.Secret[NumberLength..]);
        return wasGivenOut ? TokenUse.Used : TokenUse.Unknown;
    }

    private RefreshToken Make(Guid family, byte[] number) => new(family, [.. number, .. MacOf(family, number)]);

    private byte[] MacOf(Guid family, ReadOnlySpan<byte> number) =>
        HMACSHA256.HashData(_macKey, (byte[])[.. family.ToByteArray(), .. number])[..MacLength];
}

/// <summary>What a refresh token is in its family.</summary>
internal enum TokenUse
{
    /// <summary>Never issued.</summary>
    Unknown,

    Current,

    /// <summary>The newest predecessor, replaced less than <see cref="RefreshTokens.RepeatWindow"/> ago.</summary>
    Repeated,

    /// <summary>Replaced earlier: either this token or its successor was stolen.</summary>
    Used,
}
