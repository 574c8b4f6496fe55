using System.Security.Cryptography;

namespace Chat.Modules.Identity.Devices;

/// <summary>
/// Makes refresh tokens, and tells what a presented one is. A secret is a number of 16 bytes and its MAC: so a token that was given out once
/// is told from an invented one without being kept. The next number follows from the secret by a keyed hash: so the newest predecessor,
/// presented again, gets the same answer again. Both keys are derived from the signing key.
/// </summary>
/// <remarks>
/// Secrets that the version before gave out are 32 random bytes. They rotate and repeat as others do; an older one of them is unknown
/// rather than used.
/// </remarks>
internal sealed class RefreshTokens
{
    /// <summary>How long the newest predecessor is good again: its answer was lost, or two tabs used it at once.</summary>
    public static readonly TimeSpan RepeatWindow = TimeSpan.FromSeconds(60);

    private const int NumberLength = 16;
    private const int MacLength = RefreshToken.SecretLength - NumberLength;

    private readonly byte[] _macKey;
    private readonly byte[] _nextKey;

    /// <param name="secret">32 bytes that all hosts share.</param>
    public RefreshTokens(byte[] secret) => (_macKey, _nextKey) = (HMACSHA256.HashData(secret, "mac"u8), HMACSHA256.HashData(secret, "next"u8));

    public RefreshToken NewFamily() =>
        Make(new Guid(RandomNumberGenerator.GetBytes(16)), RandomNumberGenerator.GetBytes(NumberLength));

    /// <summary>The token of the same family after this one: each time the same.</summary>
    public RefreshToken NextOf(RefreshToken token) =>
        Make(token.Family, HMACSHA256.HashData(_nextKey, (byte[])[.. token.Family.ToByteArray(), .. token.Secret])[..NumberLength]);

    /// <summary>What a token of an existing family is.</summary>
    /// <param name="currentHash">The <see cref="RefreshToken.Hash"/> of the family's current token.</param>
    /// <param name="age">Since the current token was given out; negative where the clock was set back.</param>
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

/// <summary>What a refresh token is to its family.</summary>
internal enum TokenUse
{
    /// <summary>Never given out.</summary>
    Unknown,

    Current,

    /// <summary>The newest predecessor, whose answer was given a moment ago.</summary>
    Repeated,

    /// <summary>Replaced before: whoever presents it now is a thief, or its owner after a thief.</summary>
    Used,
}
