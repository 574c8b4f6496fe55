using Chat.BuildingBlocks.Ids;

namespace Chat.Modules.Media.Inspection;

/// <summary>
/// One file of a user is looked into, or decoded, at a time on a server. A hostile picture takes a second of a processor: of many from one user the others' would
/// stand behind all.
/// </summary>
internal sealed class InspectionTurns
{
    private readonly Lock _gate = new();

    // Guarded by _gate. A user whose files nobody looks into has no entry.
    private readonly Dictionary<UserId, Line> _ofUser = [];

    /// <summary>Waits for the user's other files. To be disposed.</summary>
    public async Task<IDisposable> TakeAsync(UserId user, CancellationToken ct)
    {
        Line? line;
        lock (_gate)
        {
            if (!_ofUser.TryGetValue(user, out line))
                _ofUser[user] = line = new Line();
            line.Length++;
        }
        var turn = new Turn(this, user, line);
        try
        {
            await line.Front.WaitAsync(ct);
            turn.HasCome = true;
            return turn;
        }
        catch
        {
            turn.Dispose();
            throw;
        }
    }

    private sealed class Line
    {
        public SemaphoreSlim Front { get; } = new(1);

        /// <summary>Whoever waits, and the one whose turn it is; guarded by the gate.</summary>
        public int Length { get; set; }
    }

    private sealed class Turn(InspectionTurns all, UserId user, Line line) : IDisposable
    {
        public bool HasCome { get; set; }

        public void Dispose()
        {
            if (HasCome)
                line.Front.Release();
            lock (all._gate)
            {
                if (--line.Length == 0)
                    all._ofUser.Remove(user);
            }
        }
    }
}
