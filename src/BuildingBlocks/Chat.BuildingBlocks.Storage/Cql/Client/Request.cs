using System.Threading.Tasks.Sources;

namespace Chat.BuildingBlocks.Storage.Cql.Client;

/// <summary>
/// A frame to be sent and the wait for its answer, in one object. Sent once at a time; when answered it may be sent again, elsewhere too.
/// Everything but the body belongs to the connection that it is on, under that one's lock.
/// </summary>
internal abstract class Request(Opcode opcode) : IValueTaskSource<Response>
{
    // The answer is awaited off the read loop, so that nobody's code holds up other answers.
    private ManualResetValueTaskSourceCore<Response> _answer = new() { RunContinuationsAsynchronously = true };

    public Opcode Opcode => opcode;

    /// <summary>Until when it may be under way, in the clock's timestamps.</summary>
    public long Deadline { get; set; }

    /// <summary>-1 while it waits for its turn.</summary>
    public int Stream { get; set; } = -1;

    /// <summary>Which it was last sent on.</summary>
    public Connection? Connection { get; set; }

    /// <summary>May be called more than once: a request is written again on another connection.</summary>
    /// <exception cref="ArgumentException">A value cannot be written; what was written before is to be thrown away.</exception>
    public abstract void WriteBody(FrameWriter writer, byte version);

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

    /// <summary>Only who has taken it out of the connection's table may end it, so it happens once.</summary>
    public void End(in Response response) => _answer.SetResult(response);

    /// <summary>As <see cref="End"/>, for one that cannot be written.</summary>
    public void Fail(Exception e) => _answer.SetException(e);

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
/// <param name="Opcode">Of the answer.</param>
/// <param name="Flags">Of the answer: what comes before its body proper.</param>
/// <param name="Body">The answer's own bytes; nobody writes them any more.</param>
internal readonly record struct Response(Outcome Outcome, Opcode Opcode, FrameFlags Flags, byte[] Body)
{
    public static Response Without(Outcome outcome) => new(outcome, default, default, []);
}
