using Chat.BuildingBlocks.Errors;
using Chat.BuildingBlocks.Storage.Cql;

namespace Chat.Testing;

/// <summary>What a statement meets.</summary>
public enum CqlFault
{
    None,

    /// <summary>It does not happen, and nobody is told.</summary>
    NotSent,

    /// <summary>It happens, and nobody is told.</summary>
    NotAnswered,
}

/// <summary>A real session through which statements get lost; does not end it.</summary>
/// <param name="inner">The real one.</param>
/// <param name="meets">Asked for each statement, or batch by its first; from any thread.</param>
public sealed class FaultyCqlSession(ICqlSession inner, Func<CqlStatement, Task<CqlFault>> meets) : ICqlSession
{
    public Task<CqlResult> ExecuteAsync(CqlStatement statement, CancellationToken ct = default) =>
        MeetAsync(statement, () => inner.ExecuteAsync(statement, ct));

    public Task<CqlResult> ExecuteBatchAsync(IReadOnlyList<CqlStatement> statements, CancellationToken ct = default) =>
        MeetAsync(statements[0], () => inner.ExecuteBatchAsync(statements, ct));

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    /// <summary>A host that dies at its n-th statement: that one happens and is not answered, none after it happens.</summary>
    /// <param name="inner">The real session.</param>
    /// <param name="n">From 1.</param>
    public static FaultyCqlSession DyingAt(ICqlSession inner, int n)
    {
        var sent = 0;
        return new FaultyCqlSession(inner, _ => Task.FromResult(Interlocked.Increment(ref sent) switch
        {
            var i when i < n => CqlFault.None,
            var i when i == n => CqlFault.NotAnswered,
            _ => CqlFault.NotSent,
        }));
    }

    private async Task<CqlResult> MeetAsync(CqlStatement statement, Func<Task<CqlResult>> run)
    {
        var fault = await meets(statement);
        if (fault is not CqlFault.NotSent)
        {
            var result = await run();
            if (fault is CqlFault.None)
                return result;
        }
        throw new StoreUnavailableException("No answer in time.");
    }
}
