namespace Chat.Client;

/// <summary>Stable error codes. <see cref="Network"/> and <see cref="Storage"/> are this library's own, the others the server's.</summary>
public static class ErrorCodes
{
    /// <summary>The request is malformed.</summary>
    public const string BadRequest = "bad_request";

    /// <summary>Nobody is signed in, the password is wrong, or the session has ended.</summary>
    public const string Unauthenticated = "unauthenticated";

    /// <summary>The access token has expired; the library renews it by itself.</summary>
    public const string TokenExpired = "token_expired";

    /// <summary>The user may not do this.</summary>
    public const string Forbidden = "forbidden";

    /// <summary>The conversation does not exist, or the user is not a member.</summary>
    public const string NotAMember = "not_a_member";

    /// <summary>It does not exist.</summary>
    public const string NotFound = "not_found";

    /// <summary>It is taken.</summary>
    public const string Conflict = "conflict";

    /// <summary>Over a size limit.</summary>
    public const string TooLarge = "too_large";

    /// <summary>The time in which a message may be edited or deleted is over.</summary>
    public const string TooLate = "too_late";

    /// <summary>The user's files have as much room as they may.</summary>
    public const string QuotaExceeded = "quota_exceeded";

    /// <summary>The server's virus scan has found something in the file.</summary>
    public const string Quarantined = "quarantined";

    /// <summary>Too many requests.</summary>
    public const string RateLimited = "rate_limited";

    /// <summary>The server cannot do it now.</summary>
    public const string Unavailable = "unavailable";

    /// <summary>A bug of the server: the same again would fail again.</summary>
    public const string Internal = "internal";

    /// <summary>No answer came.</summary>
    public const string Network = "network";

    /// <summary>The store cannot be read or written.</summary>
    public const string Storage = "storage";
}
