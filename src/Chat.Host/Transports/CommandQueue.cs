using Chat.BuildingBlocks.Errors;
using Chat.Host.Transports.ClientFrames;
using Chat.Modules.Delivery.Contracts;
using Chat.Modules.Messaging.Contracts;

namespace Chat.Host.Transports;

/// <summary>A client's command between its frame and its answer.</summary>
/// <param name="frame">The frame.</param>
/// <param name="bytes">The frame's size.</param>
/// <param name="answered">Receives the answer in its turn, where somebody waits for it; else the answer is written to the connection.</param>
internal sealed class Command(ClientFrame frame, int bytes, TaskCompletionSource<ServerEvent?>? answered = null)
{
    public ClientFrame Frame => frame;

    public int Bytes => bytes;

    public TaskCompletionSource<ServerEvent?>? Answered => answered;

    /// <summary>Whether it may begin while earlier sends have not ended.</summary>
    public bool IsSend => frame is SendFrame;

    /// <summary>Whether no later send begins before it is answered.</summary>
    public bool HoldsBackSends => frame is CommandFrame { HoldsBackSends: true };

    /// <summary>The send, once it has begun.</summary>
    public Task<Result<SentMessage>>? Sending { get; set; }

    /// <summary>The command that came after it.</summary>
    public Command? Next { get; set; }
}

/// <summary>Executes the commands of a connection. Must not throw.</summary>
internal interface ICommandWork
{
    /// <summary>Begins to send a message.</summary>
    Task<Result<SentMessage>> Send(Command command);

    /// <summary>Waits for a send that has begun, or executes another command, and delivers the answer.</summary>
    /// <param name="command">The command.</param>
    /// <param name="moreFollow">Whether the answers of others wait.</param>
    ValueTask AnswerAsync(Command command, bool moreFollow);
}

/// <summary>
/// The commands of one connection that have no answer yet. Sends begin in the order sent and overlap; every other command waits until all
/// before it are answered. Answers leave in the order of the commands.
/// </summary>
/// <param name="work">Executes them.</param>
/// <param name="maxCommands">Commands without an answer at a time.</param>
/// <param name="maxBytes">Bytes of their frames together. A larger frame is taken when no other is there.</param>
internal sealed class CommandQueue(ICommandWork work, int maxCommands, int maxBytes)
{
    private readonly Lock _gate = new();

    // Guarded by _gate. _first is answered next; sends from _toBegin on have not begun.
    private Command? _first;
    private Command? _last;
    private Command? _toBegin;
    private int _count;
    private int _bytes;
    private bool _beginning;
    private bool _answering;
    private TaskCompletionSource? _changed;

    /// <summary>Adds a command at the end and begins what may begin. Called by one thread at a time.</summary>
    public void Add(Command command)
    {
        lock (_gate)
        {
            if (_last is null)
                _first = command;
            else
                _last.Next = command;
            _last = command;
            _toBegin ??= command;
            _count++;
            _bytes += command.Bytes;
        }
        Advance();
    }

    /// <summary>Waits until there is room for another command. The next <see cref="Add"/> takes it.</summary>
    /// <returns>Whether it had to wait.</returns>
    public ValueTask<bool> WaitForRoomAsync(int bytes, CancellationToken ct)
    {
        lock (_gate)
        {
            if (HasRoom(bytes))
                return ValueTask.FromResult(false);
        }
        return WaitForChangeAsync(bytes, ct);
    }

    /// <summary>Waits until every command is answered.</summary>
    public async ValueTask WaitUntilEmptyAsync(CancellationToken ct) => await WaitForRoomAsync(int.MaxValue, ct);

    private void Advance()
    {
        BeginSends();
        lock (_gate)
        {
            if (_answering || !IsDue(_first))
                return;
            _answering = true;
        }
        _ = AnswerAsync();
    }

    // One thread at a time, so that sends begin in order; it also begins those that another thread adds meanwhile.
    private void BeginSends()
    {
        while (true)
        {
            Command next;
            lock (_gate)
            {
                if (_beginning || TakeSend() is not { } taken)
                    return;
                (_beginning, next) = (true, taken);
            }
            var sending = work.Send(next);
            lock (_gate)
                (next.Sending, _beginning) = (sending, false);
        }
    }

    // The next send that may begin: every command before it has begun, is answered, or does not hold back sends.
    private Command? TakeSend()
    {
        for (; _toBegin is { } command; _toBegin = command.Next)
        {
            if (command.IsSend)
            {
                _toBegin = command.Next;
                return command;
            }
            if (command.HoldsBackSends)
                return null;
        }
        return null;
    }

    private static bool IsDue(Command? first) => first is not null && (first.Sending is not null || !first.IsSend);

    private async Task AnswerAsync()
    {
        while (true)
        {
            Command command;
            lock (_gate)
            {
                if (!IsDue(_first))
                {
                    _answering = false;
                    return;
                }
                command = _first!;
            }
            if (command.Sending is Task { IsCompleted: false } sending)
                await sending.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            await work.AnswerAsync(command, moreFollow: command.Next is not null);
            Remove(command);
            BeginSends();
        }
    }

    private void Remove(Command command)
    {
        TaskCompletionSource? changed;
        lock (_gate)
        {
            _first = command.Next;
            if (_first is null)
                _last = null;
            if (_toBegin == command)
                _toBegin = command.Next;
            _count--;
            _bytes -= command.Bytes;
            (changed, _changed) = (_changed, null);
        }
        changed?.TrySetResult();
    }

    // Under _gate.
    private bool HasRoom(int bytes) => _count == 0 || (_count < maxCommands && (long)_bytes + bytes <= maxBytes);

    private async ValueTask<bool> WaitForChangeAsync(int bytes, CancellationToken ct)
    {
        while (true)
        {
            Task changed;
            lock (_gate)
            {
                if (HasRoom(bytes))
                    return true;
                changed = (_changed ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)).Task;
            }
            await changed.WaitAsync(ct);
        }
    }
}
