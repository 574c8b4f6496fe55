using Chat.BuildingBlocks.Errors;
using Chat.BuildingBlocks.Ids;

namespace Chat.Modules.Identity.Contracts;

/// <summary>All refusals of this module except <c>bad_request</c>.</summary>
public static class IdentityErrors
{
    /// <summary>A request without an access token.</summary>
    public static Error NoToken { get; } = new(ErrorCodes.Unauthenticated, "An access token is needed.");

    /// <summary>A token that is forged, damaged, of another issuer or audience, or revoked.</summary>
    public static Error BadToken { get; } = new(ErrorCodes.Unauthenticated, "The access token is not valid.");

    /// <summary>Expiry is the token's only fault.</summary>
    public static Error TokenExpired { get; } = new(ErrorCodes.TokenExpired, "The access token has expired; refresh it.");

    /// <summary>The same for a wrong password and an unknown user.</summary>
    public static Error WrongPassword { get; } = new(ErrorCodes.Unauthenticated, "The user id or the password is wrong.");

    /// <summary>A refresh token that was used, has expired, or was never issued.</summary>
    public static Error BadRefreshToken { get; } = new(ErrorCodes.Unauthenticated, "The refresh token was used, has expired or is not valid; log in.");

    /// <summary>The id is taken, looks like one that is, or is an admin's.</summary>
    public static Error UserIdTaken { get; } = new(ErrorCodes.Conflict, "This user id is taken.");

    /// <summary>The user has <c>Auth:MaxDevices</c> devices.</summary>
    public static Error TooManyDevices { get; } = new(ErrorCodes.Forbidden, "This user has too many devices; revoke one of them first.");

    /// <summary>The page is for <see cref="IAdmins"/>.</summary>
    public static Error NotAnAdmin { get; } = new(ErrorCodes.Forbidden, "This is for the server's admins.");

    /// <summary>The command creates accounts of admins only.</summary>
    public static Error NotInAdmins(UserId user) => new(ErrorCodes.Forbidden, $"'{user}' is not in Auth:Admins.");

    /// <summary>There are no built-in accounts.</summary>
    public static Error IssuerKeepsAccounts { get; } = new(ErrorCodes.Forbidden, "With Auth:Authority the issuer keeps the accounts.");

    /// <summary>The account's password was tried too often.</summary>
    public static Error TooManyGuesses(TimeSpan retryAfter) =>
        new(ErrorCodes.RateLimited, "This account's password was tried too often; wait before the next attempt.", retryAfter);

    /// <summary>Not <c>unauthenticated</c>: the caller's token is valid.</summary>
    public static Error WrongCurrentPassword { get; } = new(ErrorCodes.Forbidden, "The current password is wrong.");

    /// <summary>Another change of the password was saved first.</summary>
    public static Error PasswordChanged { get; } = new(ErrorCodes.Conflict, "The password was changed at the same time; try again.");

    /// <summary><c>Auth:MaxWaitingPasswords</c> passwords wait to be checked.</summary>
    public static Error Busy { get; } = new(ErrorCodes.Unavailable, "Too many passwords wait to be checked; try again.", TimeSpan.FromSeconds(5));
}
