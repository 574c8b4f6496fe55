using System.Threading.Tasks.Sources;

namespace Chat.BuildingBlocks.Storage.Cql.Client;

/// <summary>
/// A frame to be sent and the wait for its answer, in one object. Sent once at a time; when answered it may be sent again, elsewhere too.
/// Everything but the body belongs to the connection that it is on, under that one's lock.
/// </summary>
internal abstract class Request(Opcode opcode) : IValueTaskSource<Response>
{
    private ManualResetValueTaskSourceCore<Response> _answer;

    public Opcode Opcode => opcode;

    /// <summary>Until when it may be under way, in the clock's timestamps.</summary>
    public long Deadline { get; set; }

    /// <summary>-1 while it waits for its turn.</summary>
    public int Stream { get; set; } = -1;

    /// <summary>How it ended, set before it is completed.</summary>
    public Response Response { get; set; }

    /// <summary>Instead of a response: it could not be written.</summary>
    public Exception? Failure { get; set; }

    /// <summary>Which it was last sent on.</summary>
    public Connection? Connection { get; set; }

    /// <summary>May be called more than once: a request is written again on another connection.</summary>
    /// <exception cref="ArgumentException">A value cannot be written; what was written before is to be thrown away.</exception>
    public abstract void WriteBody(BodyWriter writer, byte version);

    /// <summary>The text of a statement that the server does not know by its id; null: the request has none such.</summary>
    public virtual string? TextOf(ReadOnlySpan<byte> unpreparedId) => null;

    /// <summary>A statement was prepared anew.</summary>
    public virtual void Replace(Prepared prepared)
    {
    }

    /// <summary>The caller gives up: of no effect if the answer has come.</summary>
    public void Cancel() => Connection?.Cancel(this);

    public ValueTask<Response> Begin()
    {
        _answer.Reset();
        return new ValueTask<Response>(this, _answer.Version);
    }

    /// <summary>Wakes the caller, whose code runs before this returns. Only who has taken it out of the connection's table may, so it happens once.</summary>
    public void Complete()
    {
        if (Failure is null)
            _answer.SetResult(Response);
        else
            _answer.SetException(Failure);
    }

    Response IValueTaskSource<Response>.GetResult(short token) => _answer.GetResult(token);

    ValueTaskSourceStatus IValueTaskSource<Response>.GetStatus(short token) => _answer.GetStatus(token);

    void IValueTaskSource<Response>.OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _answer.OnCompleted(continuation, state, token, flags);
}

/// <summary>How a request ended.</summary>
internal enum Outcome
{
    /// <summary>The server has answered, be it with an error.</summary>
    Answered,

    /// <summary>It never left: doing it elsewhere is safe.</summary>
    NotSent,

    /// <summary>The connection went while it was under way: it may have happened.</summary>
    Lost,

    /// <summary>No answer in time: it may have happened.</summary>
    TimedOut,

    /// <summary>The caller gave up.</summary>
    Cancelled,
}

/// <param name="Outcome">Nothing else is set unless it is <see cref="Outcome.Answered"/>.</param>
/// <param name="Flags">Of the answer: what comes before its body proper.</param>
/// <param name="Body">The answer's own bytes; nobody writes them any more.</param>
internal readonly record struct Response(Outcome Outcome, Opcode Opcode, FrameFlags Flags, byte[] Body)
{
    public static Response Without(Outcome outcome) => new(outcome, default, default, []);
}
