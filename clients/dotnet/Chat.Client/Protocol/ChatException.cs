namespace Chat.Client;

/// <summary>What was asked is refused, or could not be done.</summary>
public sealed class ChatException : Exception
{
    /// <param name="code">One of <see cref="ErrorCodes"/>, or one that a newer server has.</param>
    /// <param name="message">For people.</param>
    /// <param name="retryAfter">When the same may work, if the server said so.</param>
    /// <param name="cause">What lies behind it.</param>
    public ChatException(string code, string message, TimeSpan? retryAfter = null, Exception? cause = null) : base(message, cause) =>
        (Code, RetryAfter) = (code, retryAfter);

    /// <summary>One of <see cref="ErrorCodes"/>, or one that a newer server has.</summary>
    public string Code { get; }

    /// <summary>When the same may work, if the server said so: with <c>rate_limited</c> and <c>unavailable</c>.</summary>
    public TimeSpan? RetryAfter { get; }

    /// <summary>The same may work later.</summary>
    internal bool Passes => Code is ErrorCodes.Network or ErrorCodes.Unavailable or ErrorCodes.RateLimited or ErrorCodes.Storage;

    internal static ChatException NotSignedIn() => new(ErrorCodes.Unauthenticated, "Nobody is signed in.");

    internal static ChatException NoAnswer(Exception cause) => new(ErrorCodes.Network, "The server gave no answer.", cause: cause);
}
