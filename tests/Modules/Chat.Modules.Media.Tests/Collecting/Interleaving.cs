using System.Reflection;
using Chat.BuildingBlocks.Errors;

namespace Chat.Modules.Media.Tests.Collecting;

/// <summary>
/// Runs several things at once, one step at a time, in an order that the seed says. A step is a call of something made by <see cref="Around"/>. Before and after it
/// its caller may die, and the call may fail.
/// </summary>
internal sealed class Interleaving(int seed) : IDisposable
{
    private readonly Random _random = new(seed);
    private readonly Lock _lock = new();
    private readonly SemaphoreSlim _changed = new(0);
    private readonly AsyncLocal<Actor?> _actor = new();

    // Both under _lock.
    private readonly List<(Actor Actor, TaskCompletionSource Turn)> _waiting = [];
    private int _running;

    /// <summary>The object, whose calls are steps.</summary>
    public T Around<T>(T inner) where T : class
    {
        var proxy = DispatchProxy.Create<T, StepProxy>();
        ((StepProxy)(object)proxy).Set(this, inner);
        return proxy;
    }

    /// <summary>A step that calls nothing.</summary>
    public async Task PassAsync()
    {
        if (_actor.Value is not { } actor)
            return;
        var turn = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        lock (_lock)
            _waiting.Add((actor, turn));
        _changed.Release();
        await turn.Task;
    }

    /// <summary>Until all have ended, or died.</summary>
    /// <param name="faults">Of so many steps one fails, about, and another is its caller's last.</param>
    public async Task RunAsync(IReadOnlyList<Func<Task>> actors, int faults)
    {
        _running = actors.Count;
        var running = actors.Select(actor => Task.Run(() => ActAsync(actor))).ToList();
        while (true)
        {
            (Actor Actor, TaskCompletionSource Turn)? next = null;
            lock (_lock)
            {
                if (_running == 0)
                    break;
                if (_waiting.Count == _running)
                {
                    next = _waiting[_random.Next(_waiting.Count)];
                    _waiting.Remove(next.Value);
                }
            }
            if (next is not { Actor: var actor, Turn: var turn })
            {
                if (!await _changed.WaitAsync(TimeSpan.FromMinutes(2)))
                    throw new TimeoutException("A step does not end.");
                continue;
            }
            var chance = _random.Next(faults);
            actor.IsDead |= chance == 0;
            if (actor.IsDead)
                turn.SetException(new DeathException());
            else if (chance == 1)
                turn.SetException(new StoreUnavailableException("The test says so."));
            else
                turn.SetResult();
        }
        await Task.WhenAll(running);
    }

    public void Dispose() => _changed.Dispose();

    private async Task ActAsync(Func<Task> act)
    {
        _actor.Value = new Actor();
        try
        {
            await PassAsync();
            await act();
        }
        catch (Exception e) when (e is DeathException or StoreUnavailableException)
        {
            // What it has begun stays as it is.
        }
        finally
        {
            lock (_lock)
                _running--;
            _changed.Release();
        }
    }

    private sealed class Actor
    {
        public bool IsDead { get; set; }
    }

    /// <summary>The server dies: nothing of it goes on.</summary>
    private sealed class DeathException : OperationCanceledException;
}
