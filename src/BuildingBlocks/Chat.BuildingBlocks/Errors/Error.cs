namespace Chat.BuildingBlocks.Errors;

/// <summary>A refusal that a client can cause: a value, not an exception.</summary>
/// <param name="Code">One of <see cref="ErrorCodes"/>; the contract with clients.</param>
/// <param name="Text">For people: says what to do, and nothing that the caller may not know.</param>
/// <param name="RetryAfter">When to try again; null where that does not help.</param>
public sealed record Error(string Code, string Text, TimeSpan? RetryAfter = null)
{
    /// <summary>No such conversation, message or membership: every module answers with the same text, so that nobody can tell which.</summary>
    public static Error NotAMember { get; } =
        new(ErrorCodes.NotAMember, "You are not a member of this conversation, or it does not exist.");

    /// <summary>What a client is told of an exception: when a store did not answer, a retry may help; after a bug it does not.</summary>
    public static Error Of(Exception fault) => fault is StoreUnavailableException ? Unavailable : Internal;

    public static Error Unavailable { get; } =
        new(ErrorCodes.Unavailable, "The server could not do this now; the same again later is safe.", TimeSpan.FromSeconds(1));

    public static Error Internal { get; } = new(ErrorCodes.Internal, "The server failed; its log says why.");

    public static Error BadRequest(string text) => new(ErrorCodes.BadRequest, text);
}
