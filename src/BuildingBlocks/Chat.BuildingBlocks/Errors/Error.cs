namespace Chat.BuildingBlocks.Errors;

/// <summary>A refusal that a client can cause: a value, not an exception.</summary>
/// <param name="Code">One of <see cref="ErrorCodes"/>; the contract with clients.</param>
/// <param name="Text">For people: says what to do, never what the caller may not know.</param>
/// <param name="RetryAfter">When trying again may help; null where it will not.</param>
public sealed record Error(string Code, string Text, TimeSpan? RetryAfter = null)
{
    /// <summary>No such conversation, message or membership: one refusal, in the same words from every module, so that nobody can tell which.</summary>
    public static Error NotAMember { get; } =
        new(ErrorCodes.NotAMember, "You are not a member of this conversation, or it does not exist.");

    /// <summary>What a client is told of an exception: a store that did not answer is worth another try, a bug is not.</summary>
    public static Error Of(Exception fault) => fault is StoreUnavailableException ? Unavailable : Internal;

    public static Error Unavailable { get; } =
        new(ErrorCodes.Unavailable, "The server could not do this now; the same again later is safe.", TimeSpan.FromSeconds(1));

    public static Error Internal { get; } = new(ErrorCodes.Internal, "The server has failed; the failure is in its log.");

    public static Error BadRequest(string text) => new(ErrorCodes.BadRequest, text);
}
