namespace Chat.BuildingBlocks.Errors;

/// <summary>The stable codes of every refusal, the same through each transport (docs/protocol.md).</summary>
public static class ErrorCodes
{
    public const string BadRequest = "bad_request";
    public const string Unauthenticated = "unauthenticated";
    public const string TokenExpired = "token_expired";
    public const string Forbidden = "forbidden";
    public const string NotAMember = "not_a_member";
    public const string NotFound = "not_found";
    public const string Conflict = "conflict";
    public const string TooLarge = "too_large";
    public const string QuotaExceeded = "quota_exceeded";
    public const string TooLate = "too_late";
    public const string Quarantined = "quarantined";
    public const string RateLimited = "rate_limited";
    public const string Unavailable = "unavailable";

    /// <summary>A bug in the server: a retry would fail again.</summary>
    public const string Internal = "internal";
}
