namespace Chat.Client;

/// <summary>The server has refused a call, or it could not be made.</summary>
public sealed class ChatException : Exception
{
    /// <summary>A refusal.</summary>
    /// <param name="code">One of <see cref="ErrorCodes"/>, or one that a newer server has.</param>
    /// <param name="message">For people.</param>
    /// <param name="retryAfter">After how long the same may work, if the server said so.</param>
    /// <param name="cause">The exception that caused it, if any.</param>
    public ChatException(string code, string message, TimeSpan? retryAfter = null, Exception? cause = null) : base(message, cause) =>
        (Code, RetryAfter) = (code, retryAfter);

    /// <summary>One of <see cref="ErrorCodes"/>, or one that a newer server has.</summary>
    public string Code { get; }

    /// <summary>After how long the same may work, if the server said so: with <c>rate_limited</c> and <c>unavailable</c>.</summary>
    public TimeSpan? RetryAfter { get; }

    /// <summary>The same may work later.</summary>
    internal bool IsTransient => Code is ErrorCodes.Network or ErrorCodes.Unavailable or ErrorCodes.RateLimited or ErrorCodes.Storage;

    internal static ChatException NotSignedIn() => new(ErrorCodes.Unauthenticated, "Nobody is signed in.");

    internal static ChatException NoAnswer(Exception cause) => new(ErrorCodes.Network, "The server did not answer.", cause: cause);
}
