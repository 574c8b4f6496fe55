namespace Chat.Client;

/// <summary>The stable codes of refusals. <see cref="Network"/> and <see cref="Storage"/> are this side's own, the others the server's.</summary>
public static class ErrorCodes
{
    /// <summary>What was asked is malformed.</summary>
    public const string BadRequest = "bad_request";

    /// <summary>Nobody is signed in, the password is wrong, or the session has ended.</summary>
    public const string Unauthenticated = "unauthenticated";

    /// <summary>The access token has expired; the library renews it by itself.</summary>
    public const string TokenExpired = "token_expired";

    /// <summary>Not this user's to do.</summary>
    public const string Forbidden = "forbidden";

    /// <summary>The conversation is not there, or not for this user.</summary>
    public const string NotAMember = "not_a_member";

    /// <summary>There is no such thing.</summary>
    public const string NotFound = "not_found";

    /// <summary>It is taken.</summary>
    public const string Conflict = "conflict";

    /// <summary>It is over a limit of size.</summary>
    public const string TooLarge = "too_large";

    /// <summary>Too much in too short a time.</summary>
    public const string RateLimited = "rate_limited";

    /// <summary>The server cannot do it now.</summary>
    public const string Unavailable = "unavailable";

    /// <summary>The server has failed at it, and would again.</summary>
    public const string Internal = "internal";

    /// <summary>No answer came.</summary>
    public const string Network = "network";

    /// <summary>The store cannot be read or written.</summary>
    public const string Storage = "storage";
}
