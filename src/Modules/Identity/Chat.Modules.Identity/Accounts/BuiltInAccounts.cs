using System.Net;
using Chat.BuildingBlocks.Errors;
using Chat.BuildingBlocks.Ids;
using Chat.Modules.Identity.Contracts;
using Chat.Modules.Identity.Devices;
using Chat.Modules.Identity.Store;
using Chat.Modules.Identity.Tokens;
using MediatR;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Chat.Modules.Identity.Accounts;

/// <summary>The built-in accounts: register, log in, refresh, log out.</summary>
internal sealed class BuiltInAccounts(
    IAccountStore accounts, IDeviceStore devices, Passwords passwords, AccessTokens accessTokens, RefreshTokens refreshTokens,
    PendingRevocations pendingRevocations, PasswordThrottle throttle, IMediator mediator, IOptions<AuthOptions> options, TimeProvider clock, ILogger<BuiltInAccounts> log)
{
    // To @me one writes a note to oneself.
    private const string Me = "me";

    // Otherwise whoever registers first would be the admin.
    private readonly HashSet<string> _reserved =
        [.. options.Value.Admins.Where(admin => UserId.TryParse(admin, out _)).Select(admin => LookAlike.FoldOf(UserId.Parse(admin)))];

    /// <summary>Creates an account and logs a device in. Refusal: <c>conflict</c> if the id is taken, looks like one that is, is an admin's, or <c>me</c>.</summary>
    public async Task<Result<TokenPair>> RegisterAsync(DeviceAddress device, string? deviceName, string password, CancellationToken ct)
    {
        if (_reserved.Contains(LookAlike.FoldOf(device.User)))
            return IdentityErrors.UserIdTaken;
        var added = await AddAsync(device.User, password, ct);
        return added.Error is { } refusal ? refusal : await OpenAsync(device, deviceName, ct);
    }

    /// <summary>Creates an admin's account, which cannot be registered. Refusal: <c>conflict</c> if it exists.</summary>
    public Task<Result<Done>> CreateAdminAsync(UserId user, string password, CancellationToken ct) => AddAsync(user, password, ct);

    /// <summary>Starts another family of refresh tokens; the device's older tokens stay valid.</summary>
    /// <remarks>Refusals: those of <see cref="CheckPasswordAsync"/>.</remarks>
    public async Task<Result<TokenPair>> LogInAsync(DeviceAddress device, string? deviceName, string password, IPAddress network, CancellationToken ct)
    {
        var right = await CheckPasswordAsync(device.User, device.Device, password, network, ct);
        if (right.Error is { } refusal)
            return refusal;
        var opened = await OpenAsync(device, deviceName, ct);
        if (!opened.IsOk)
            return opened;
        var hash = await accounts.FindPasswordHashAsync(device.User, ct);
        // A different hash may be of the same password: a concurrent login may have renewed an old hash.
        if (hash == right.Value || await passwords.CheckAsync(hash, password, ct) is { IsOk: true, Value: not PasswordCheck.Wrong })
            return opened;
        // The password was changed meanwhile, and this session may have started after the others were ended.
        await LogOutAsync(opened.Value.RefreshToken, ct);
        return IdentityErrors.PasswordChanged;
    }

    /// <summary>The hash that the password matches. Refusals: <c>unauthenticated</c> for a wrong password as for an unknown user, <c>rate_limited</c> if the
    /// account's password was tried too often, <c>unavailable</c> if too many checks wait.</summary>
    public async Task<Result<string>> CheckPasswordAsync(UserId user, DeviceId? device, string password, IPAddress network, CancellationToken ct)
    {
        var admitted = await throttle.AdmitAsync(user, device, network, ct);
        if (admitted.Error is { } tooMany)
            return tooMany;
        var hash = await accounts.FindPasswordHashAsync(user, ct);
        var check = await passwords.CheckAsync(hash, password, ct);
        if (check.Error is { } busy)
            return busy;
        if (check.Value == PasswordCheck.Wrong)
            return IdentityErrors.WrongPassword;
        throttle.Succeeded(admitted.Value);
        if (check.Value != PasswordCheck.RightButOld || await passwords.HashAsync(password, ct) is not { IsOk: true } renewed)
            return hash!;
        if (await accounts.ReplacePasswordHashAsync(user, hash!, renewed.Value, ct))
            return renewed.Value;
        // A concurrent login renewed it, or the password was changed.
        var now = await accounts.FindPasswordHashAsync(user, ct);
        var again = await passwords.CheckAsync(now, password, ct);
        if (again.Error is { } stillBusy)
            return stillBusy;
        return again.Value == PasswordCheck.Wrong ? IdentityErrors.WrongPassword : now!;
    }

    /// <summary>
    /// Exchanges a refresh token for the next one. A token that was used before ends its family, except the newest one within
    /// <see cref="RefreshTokens.RepeatWindow"/>: the answer was lost, or two tabs used it at once.
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

    /// <summary>Ends the token's family. A token that was never issued ends nothing.</summary>
    public async Task LogOutAsync(string refreshToken, CancellationToken ct)
    {
        if (!RefreshToken.TryParse(refreshToken, out var token) || await devices.FindDeviceAsync(token, ct) is not { } device)
            return;
        // First, so that a client that had no answer finds the family when it tries again.
        await mediator.Publish(new DeviceSignedOut(device), CancellationToken.None);
        await devices.EndFamilyAsync(token, ct);
    }

    private async Task<Result<Done>> AddAsync(UserId user, string password, CancellationToken ct)
    {
        if (LookAlike.FoldOf(user) == Me)
            return IdentityErrors.UserIdTaken;
        if (PasswordRules.FaultOfNew(user, password) is { } fault)
            return fault;
        // A quick check before the costly hash; the store decides.
        if (await accounts.FindPasswordHashAsync(user, ct) is not null)
            return IdentityErrors.UserIdTaken;
        var hash = await passwords.HashAsync(password, ct);
        if (hash.Error is { } busy)
            return busy;
        if (!await accounts.AddAsync(user, hash.Value, ct))
            return IdentityErrors.UserIdTaken;
        log.Registered(user);
        return default(Done);
    }

    private async Task<Result<TokenPair>> OpenAsync(DeviceAddress device, string? deviceName, CancellationToken ct)
    {
        await pendingRevocations.CompleteAllAsync(device.User, ct);
        var (result, isNew) = await BeginAsync(device, deviceName, ct);
        if (isNew)
            await mediator.Publish(new DeviceAdded(device), CancellationToken.None);
        return result;
    }

    /// <summary>Starts a family for a device that stays the user's, and whose older tokens are void.</summary>
    public async Task<Result<TokenPair>> BeginAnewAsync(DeviceAddress device, string? deviceName, CancellationToken ct) =>
        (await BeginAsync(device, deviceName, ct)).Result;

    private async Task<(Result<TokenPair> Result, bool IsNew)> BeginAsync(DeviceAddress device, string? deviceName, CancellationToken ct)
    {
        var token = refreshTokens.NewFamily();
        return await devices.OpenFamilyAsync(device, deviceName, token, RefreshExpiry(), options.Value.MaxDevices, ct) is { } admission
            ? (Pair(device, admission.IssuedAt, token), admission.IsNew)
            : (IdentityErrors.TooManyDevices, false);
    }

    private TokenPair Pair(DeviceAddress device, DateTimeOffset issuedAt, RefreshToken refresh) =>
        new(accessTokens.Make(device, issuedAt), refresh.Reveal(), (int)options.Value.AccessTokenLifetime.TotalSeconds);

    private DateTimeOffset RefreshExpiry() => clock.GetUtcNow() + options.Value.RefreshTokenLifetime;
}

/// <summary>The tokens of a login.</summary>
/// <param name="RefreshToken">Exchanged for the next pair, once.</param>
/// <param name="ExpiresIn">The access token's lifetime in seconds.</param>
internal sealed record TokenPair(string AccessToken, string RefreshToken, int ExpiresIn)
{
    // The default would contain the tokens.
    public override string ToString() => nameof(TokenPair);
}
