using Chat.BuildingBlocks.Errors;
using Chat.BuildingBlocks.Ids;
using Chat.Host.Identity.Devices;
using Chat.Host.Identity.Tokens;
using Microsoft.Extensions.Options;

namespace Chat.Host.Identity.Accounts;

/// <summary>The built-in accounts: register, log in, and go on being logged in.</summary>
internal sealed class BuiltInAccounts(
    IAccountStore accounts, IDeviceStore devices, Passwords passwords, AccessTokens accessTokens, RefreshTokens refreshTokens,
    HalfRevoked halfRevoked, IOptions<AuthOptions> options, TimeProvider clock, ILogger<BuiltInAccounts> log)
{
    public async Task<Result<TokenPair>> RegisterAsync(DeviceAddress device, string? deviceName, string password, CancellationToken ct)
    {
        // Before the costly part; the store has the last word.
        if (await accounts.FindPasswordHashAsync(device.User, ct) is not null)
            return IdentityErrors.UserIdTaken;
        var hash = await passwords.HashAsync(password, ct);
        if (hash.Error is { } busy)
            return busy;
        if (!await accounts.AddAsync(device.User, hash.Value, ct))
            return IdentityErrors.UserIdTaken;
        log.Registered(device.User);
        return await OpenAsync(device, deviceName, ct);
    }

    /// <summary>Opens one more family of refresh tokens; the device's older tokens stay good.</summary>
    public async Task<Result<TokenPair>> LogInAsync(DeviceAddress device, string? deviceName, string password, CancellationToken ct)
    {
        var checkedPassword = await CheckPasswordAsync(device.User, password, ct);
        return checkedPassword.Error is { } refusal ? refusal : await OpenAsync(device, deviceName, ct);
    }

    /// <summary>Refusals: <c>unauthenticated</c> alike for a wrong password and no such user, <c>unavailable</c> when too many wait.</summary>
    public async Task<Result<Done>> CheckPasswordAsync(UserId user, string password, CancellationToken ct)
    {
        var hash = await accounts.FindPasswordHashAsync(user, ct);
        var check = await passwords.CheckAsync(hash, password, ct);
        if (check.Error is { } busy)
            return busy;
        if (check.Value == PasswordCheck.Wrong)
            return IdentityErrors.WrongPassword;
        if (check.Value == PasswordCheck.RightButOld && await passwords.HashAsync(password, ct) is { IsOk: true } renewed)
            await accounts.ReplacePasswordHashAsync(user, hash!, renewed.Value, ct);
        return default(Done);
    }

    /// <summary>
    /// Gives the next refresh token for the presented one. One that was used before ends its family, but for the newest within
    /// <see cref="RefreshTokens.RepeatedFor"/>: the answer was lost, or two tabs used it at once.
    /// </summary>
    public async Task<Result<TokenPair>> RefreshAsync(string refreshToken, CancellationToken ct)
    {
        if (!RefreshToken.TryParse(refreshToken, out var presented))
            return IdentityErrors.BadRefreshToken;
        var rotation = await devices.RotateAsync(presented, RefreshExpiry(), ct);
        if (rotation.Next is { } next)
            return Pair(rotation.Device, rotation.IssuedAt, next);
        if (rotation.Outcome == RotationOutcome.Reused)
            log.RefreshTokenReused(rotation.Device);
        return IdentityErrors.BadRefreshToken;
    }

    /// <summary>Ends the token's family; one that was never given out ends nothing.</summary>
    public async Task LogOutAsync(string refreshToken, CancellationToken ct)
    {
        if (RefreshToken.TryParse(refreshToken, out var token))
            await devices.EndFamilyAsync(token, ct);
    }

    private async Task<Result<TokenPair>> OpenAsync(DeviceAddress device, string? deviceName, CancellationToken ct)
    {
        await halfRevoked.FinishAllAsync(device.User, ct);
        var token = refreshTokens.NewFamily();
        return await devices.OpenAsync(device, deviceName, token, RefreshExpiry(), options.Value.MaxDevices, ct) is { } issuedAt
            ? Pair(device, issuedAt, token)
            : IdentityErrors.TooManyDevices;
    }

    private TokenPair Pair(DeviceAddress device, DateTimeOffset issuedAt, RefreshToken refresh) =>
        new(accessTokens.Make(device, issuedAt), refresh.Reveal(), (int)options.Value.AccessTokenLifetime.TotalSeconds);

    private DateTimeOffset RefreshExpiry() => clock.GetUtcNow() + options.Value.RefreshTokenLifetime;
}

/// <summary>What a client gets to come in with.</summary>
/// <param name="AccessToken">For every request.</param>
/// <param name="RefreshToken">For the next pair; good once.</param>
/// <param name="ExpiresIn">How long the access token is good, in seconds.</param>
internal sealed record TokenPair(string AccessToken, string RefreshToken, int ExpiresIn)
{
    // A record's own would tell the tokens.
    public override string ToString() => nameof(TokenPair);
}
