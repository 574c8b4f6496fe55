using Chat.EndToEnd.Tests.Running;

namespace Chat.EndToEnd.Tests.Clients;

/// <summary>Everything that one connection received, in order. A frame that was taken is not found again.</summary>
internal sealed class FrameRecord
{
    private const int FramesTold = 30;
    private const int CharactersTold = 300;

    private readonly Lock _gate = new();
    private readonly List<Frame> _all = [];
    private readonly LinkedList<Frame> _untaken = [];
    private readonly List<Waiter> _waiters = [];
    private string? _end;

    public IReadOnlyList<Frame> All
    {
        get
        {
            lock (_gate)
                return [.. _all];
        }
    }

    public int Count
    {
        get
        {
            lock (_gate)
                return _all.Count;
        }
    }

    public void Add(Frame frame)
    {
        lock (_gate)
        {
            _all.Add(frame);
            var waiter = _waiters.FirstOrDefault(w => w.Match(frame));
            if (waiter is null)
            {
                _untaken.AddLast(frame);
                return;
            }

            _waiters.Remove(waiter);
            waiter.Found.TrySetResult(frame);
        }
    }

    /// <summary>Nothing more will come; who still waits fails.</summary>
    public void End(string reason)
    {
        lock (_gate)
        {
            _end = reason;
            foreach (var waiter in _waiters)
                waiter.Found.TrySetException(Failure($"the connection ended ({reason})", waiter.What));

            _waiters.Clear();
        }
    }

    /// <summary>Takes the first frame of a type, here already or still to come, that nobody took.</summary>
    public Task<Frame> TakeAsync(string type, Func<Frame, bool>? match = null) =>
        TakeAsync(frame => frame.Type == type && match?.Invoke(frame) != false, type);

    /// <summary>Takes the first frame that matches, here already or still to come, that nobody took.</summary>
    public async Task<Frame> TakeAsync(Func<Frame, bool> match, string what)
    {
        Waiter waiter;
        lock (_gate)
        {
            for (var node = _untaken.First; node is not null; node = node.Next)
            {
                if (!match(node.Value))
                    continue;

                _untaken.Remove(node);
                return node.Value;
            }

            if (_end is not null)
                throw Failure($"the connection ended ({_end})", what);

            waiter = new Waiter(match, what);
            _waiters.Add(waiter);
        }

        try
        {
            return await waiter.Found.Task.WaitAsync(Until.Patience, TestContext.Current.CancellationToken);
        }
        catch (TimeoutException)
        {
            lock (_gate)
            {
                _waiters.Remove(waiter);
                throw Failure($"nothing came within {Until.Patience}", what);
            }
        }
    }

    private InvalidOperationException Failure(string why, string what) =>
        new($"Expected {what}, but {why}. {_all.Count} frames, the last of them:\n{string.Join('\n', _all.TakeLast(FramesTold).Select(Told))}");

    private static string Told(Frame frame) => frame.ToString() is { Length: > CharactersTold } text ? text[..CharactersTold] : frame.ToString();

    private sealed record Waiter(Func<Frame, bool> Match, string What)
    {
        public TaskCompletionSource<Frame> Found { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
