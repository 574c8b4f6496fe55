using Chat.BuildingBlocks.Errors;

namespace Chat.Host.Identity;

/// <summary>Every refusal of the identity corner, beside <c>bad_request</c>.</summary>
internal static class IdentityErrors
{
    public static Error NoToken { get; } = new(ErrorCodes.Unauthenticated, "An access token is needed.");

    public static Error BadToken { get; } = new(ErrorCodes.Unauthenticated, "The access token is not valid.");

    public static Error TokenExpired { get; } = new(ErrorCodes.TokenExpired, "The access token has expired; refresh it.");

    /// <summary>Wrong password and unknown user look alike.</summary>
    public static Error WrongPassword { get; } = new(ErrorCodes.Unauthenticated, "The user id or the password is wrong.");

    public static Error BadRefreshToken { get; } = new(ErrorCodes.Unauthenticated, "The refresh token is used up, expired or not valid; log in.");

    public static Error UserIdTaken { get; } = new(ErrorCodes.Conflict, "This user id is taken.");

    public static Error TooManyDevices { get; } = new(ErrorCodes.Forbidden, "This user has too many devices; revoke one of them first.");

    public static Error NotAnAdmin { get; } = new(ErrorCodes.Forbidden, "This is for the server's admins.");

    public static Error TooManyFromAddress(TimeSpan retryAfter) =>
        new(ErrorCodes.RateLimited, "Too many attempts from this address; wait before the next.", retryAfter);

    public static Error TooManyGuesses(TimeSpan retryAfter) =>
        new(ErrorCodes.RateLimited, "The password of this account was tried too often; wait before the next.", retryAfter);

    /// <summary>Not <c>unauthenticated</c>: the token that asks is good.</summary>
    public static Error WrongCurrentPassword { get; } = new(ErrorCodes.Forbidden, "The current password is wrong.");

    public static Error PasswordChanged { get; } = new(ErrorCodes.Conflict, "The password was changed at the same time; try again.");

    public static Error Busy { get; } = new(ErrorCodes.Unavailable, "Too many passwords wait to be checked; try again.", TimeSpan.FromSeconds(5));
}
