using System.ComponentModel.DataAnnotations;
using Chat.BuildingBlocks.Ids;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;

namespace Chat.Modules.Identity;

/// <summary>Section <c>Auth</c>: who may use the server.</summary>
internal sealed class AuthOptions
{
    /// <summary>
    /// The address of an outside issuer with OpenID Connect discovery. Its tokens are trusted instead of this server's own. Must be HTTPS outside
    /// Development. Default none.
    /// </summary>
    public string? Authority { get; init; }

    /// <summary>The <c>aud</c> of the tokens. Required with <see cref="Authority"/>; else default <c>chat</c>.</summary>
    public string? Audience { get; init; }

    /// <summary>The <c>iss</c> of this server's own tokens. Default <c>chat</c>.</summary>
    [Required] public string Issuer { get; init; } = "chat";

    /// <summary>
    /// The key that signs this server's tokens: a PEM file with an EC P-256 private key, the same for all servers. Required with
    /// <c>Cql:ContactPoints</c>. Default none: the server creates one in its data directory.
    /// </summary>
    public string? SigningKeyFile { get; init; }

    /// <summary>Whether this server keeps accounts (register, login). Default true; false with an <see cref="Authority"/>.</summary>
    public bool? BuiltInAccounts { get; init; }

    /// <summary>
    /// The users who may see the operators' pages. Their ids, and ids that look alike, cannot be registered: <c>Chat.Host admin create ID</c> creates the
    /// account. Default none.
    /// </summary>
    public IReadOnlyList<string> Admins { get; init; } = [];

    /// <summary>How long an access token is valid, in seconds. 60 to 86 400; default 900.</summary>
    [Range(60, 86_400)] public int AccessTokenLifetimeSeconds { get; init; } = 900;

    public TimeSpan AccessTokenLifetime => TimeSpan.FromSeconds(AccessTokenLifetimeSeconds);

    /// <summary>How long a refresh token is valid when it is not used, in seconds; each use gives a new one. 3 600 to 31 536 000; default 2 592 000 (30 days).</summary>
    [Range(3_600, 31_536_000)] public int RefreshTokenLifetimeSeconds { get; init; } = 2_592_000;

    public TimeSpan RefreshTokenLifetime => TimeSpan.FromSeconds(RefreshTokenLifetimeSeconds);

    /// <summary>
    /// An access token that is valid for longer is refused, whoever issued it: a device's revocation is remembered for this time. In seconds, 86 400 to
    /// 2 592 000; default 86 400 (a day).
    /// </summary>
    [Range(86_400, 2_592_000)] public int MaxTokenLifetimeSeconds { get; init; } = 86_400;

    public TimeSpan MaxTokenLifetime => TimeSpan.FromSeconds(MaxTokenLifetimeSeconds);

    /// <summary>
    /// On a cluster: how often each server reads the devices that others have revoked, in milliseconds. For so long a token that was revoked on another
    /// server may still be accepted here. 100 to 60 000; default 2 000. Not used with the embedded stores.
    /// </summary>
    [Range(100, 60_000)] public int RevocationRefreshMs { get; init; } = 2_000;

    /// <summary>
    /// Rounds of PBKDF2-HMAC-SHA512 for new passwords; an older hash with fewer is renewed at the next login. 100 000 to 10 000 000;
    /// default 210 000 (OWASP Password Storage Cheat Sheet).
    /// </summary>
    [Range(100_000, 10_000_000)] public int PasswordIterations { get; init; } = 210_000;

    /// <summary>Passwords that may wait to be hashed or checked; more are <c>unavailable</c>. 1 to 10 000; default 256.</summary>
    [Range(1, 10_000)] public int MaxWaitingPasswords { get; init; } = 256;

    /// <summary>
    /// Wrong attempts at one account's password before each further one must wait: one second, then twice as long each time. Networks that the account was
    /// signed in from, and its known devices, are counted separately; all others together. 1 to 1 000; default 10.
    /// </summary>
    [Range(1, 1_000)] public int FreeGuesses { get; init; } = 10;

    /// <summary>The longest wait between two attempts at one account's password, in seconds. 1 to 3 600; default 900.</summary>
    [Range(1, 3_600)] public int MaxGuessDelaySeconds { get; init; } = 900;

    public TimeSpan MaxGuessDelay => TimeSpan.FromSeconds(MaxGuessDelaySeconds);

    /// <summary>
    /// Accounts whose wrong attempts are remembered, and as many networks that accounts were signed in from; about 300 bytes each. When full, the least
    /// recently used is removed. 1 000 to 10 000 000; default 100 000.
    /// </summary>
    [Range(1_000, 10_000_000)] public int MaxTrackedGuesses { get; init; } = 100_000;

    /// <summary>The most devices of one user. 1 to 10 000; default 100.</summary>
    [Range(1, 10_000)] public int MaxDevices { get; init; } = 100;

    public bool KeepsAccounts => BuiltInAccounts ?? Authority is null;

    public string TokenAudience => Audience ?? "chat";
}

/// <summary>Checks what attributes cannot express: exactly one issuer, and a safe one.</summary>
internal sealed class AuthOptionsValidator(IHostEnvironment environment) : IValidateOptions<AuthOptions>
{
    public ValidateOptionsResult Validate(string? name, AuthOptions options)
    {
        var faults = Faults(options).ToList();
        return faults.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(faults);
    }

    private IEnumerable<string> Faults(AuthOptions options)
    {
        if (options.Authority is { } authority)
        {
            if (options.KeepsAccounts)
                yield return "Auth:BuiltInAccounts must be false with Auth:Authority, or anybody could register the id of one of the issuer's users.";
            if (string.IsNullOrEmpty(options.Audience))
                yield return "Auth:Audience must be set with Auth:Authority, or tokens that the issuer made for others would be good here.";
            if (!Uri.TryCreate(authority, UriKind.Absolute, out var uri) || uri.Scheme is not ("https" or "http"))
                yield return "Auth:Authority must be the absolute address of an issuer.";
            else if (uri.Scheme != "https" && !environment.IsDevelopment())
                yield return "Auth:Authority must be https outside Development.";
        }
        else if (!options.KeepsAccounts)
        {
            yield return "Auth:BuiltInAccounts is false and Auth:Authority is not set: nobody could come in.";
        }
        foreach (var admin in options.Admins.Where(admin => !UserId.TryParse(admin, out _)))
            yield return $"Auth:Admins: '{admin}' is not a user id.";
    }
}

/// <summary>Several nodes sign with one key. Registered with the stores that several nodes share.</summary>
internal sealed class SharedKeyValidator : IValidateOptions<AuthOptions>
{
    public ValidateOptionsResult Validate(string? name, AuthOptions options) =>
        options.KeepsAccounts && string.IsNullOrWhiteSpace(options.SigningKeyFile)
            ? ValidateOptionsResult.Fail(
                "Auth:SigningKeyFile must name the key that all servers sign with (Cql:ContactPoints allows several servers). Make one with: "
                + "openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out signing-key.pem")
            : ValidateOptionsResult.Success;
}
