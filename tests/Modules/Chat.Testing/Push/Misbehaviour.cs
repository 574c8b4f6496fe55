namespace Chat.Testing.Push;

/// <summary>What a platform does in place of answering as it should.</summary>
public abstract record Misbehaviour
{
    private Misbehaviour()
    {
    }

    /// <summary>Answers as it should when the task has ended, or never if the client goes first.</summary>
    public sealed record Slow(Task Until) : Misbehaviour;

    /// <summary>Answers with a status, and perhaps when to come again.</summary>
    /// <param name="RetryAfter">The header's value: seconds or a date.</param>
    public sealed record Status(int Code, string? RetryAfter = null, string Body = "") : Misbehaviour;

    /// <summary>Resets the connection.</summary>
    public sealed record Reset : Misbehaviour;

    /// <summary>Takes the notification, and breaks the connection in the middle of the answer's body.</summary>
    public sealed record HalfAnswered(int Code = 201) : Misbehaviour;

    /// <summary>Sends the client elsewhere.</summary>
    public sealed record Redirect(string To, int Code = 307) : Misbehaviour;

    /// <summary>Answers with a body that has no end.</summary>
    public sealed record EndlessBody(int Code) : Misbehaviour;
}
