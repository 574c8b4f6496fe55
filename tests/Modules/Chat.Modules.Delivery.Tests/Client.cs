using Chat.BuildingBlocks.Ids;
using Chat.Modules.Delivery.Connections;
using Chat.Modules.Delivery.Contracts;
using Chat.Modules.Messaging.Contracts;

namespace Chat.Modules.Delivery.Tests;

/// <summary>A device's socket: keeps what it was sent, in order, and can stall, break, or take what it never passes on.</summary>
internal sealed class Client(DeviceAddress device) : IClientConnection
{
    private readonly Lock _gate = new();
    private readonly List<ServerEvent> _events = [];
    private readonly List<CloseReason> _closed = [];
    private TaskCompletionSource? _stalled;
    private Exception? _broken;
    private bool _halfOpen;
    private bool _writing;

    public DeviceAddress Device => device;

    /// <summary>Set when it is taken in.</summary>
    public DeviceConnection Connection { get; set; } = null!;

    /// <summary>Called with each event when it has arrived.</summary>
    public Action<ServerEvent>? Arrived { get; set; }

    /// <summary>Called when the server ends it.</summary>
    public Action? Closing { get; set; }

    public IReadOnlyList<ServerEvent> Events
    {
        get
        {
            lock (_gate)
                return [.. _events];
        }
    }

    public IReadOnlyList<CloseReason> Closed
    {
        get
        {
            lock (_gate)
                return [.. _closed];
        }
    }

    public IReadOnlyList<LoggedMessage> Messages => [.. Events.OfType<MessageEvent>().Select(item => item.Message)];

    public long[] SeqNos => [.. Messages.Select(message => message.SeqNo.Value)];

    public long[] Changes => [.. Events.OfType<ChangeEvent>().Select(item => item.Message.SeqNo.Value)];

    public bool CaughtUp => Count<CaughtUpEvent>() > 0;

    /// <summary>A write waits for the reader.</summary>
    public bool IsHeldBack
    {
        get
        {
            lock (_gate)
                return _writing && _stalled is not null;
        }
    }

    public int Count<TEvent>() where TEvent : ServerEvent => Events.OfType<TEvent>().Count();

    /// <summary>Reads no more; one write is under way until it does.</summary>
    public Client Stall()
    {
        lock (_gate)
            _stalled ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        return this;
    }

    public void Release()
    {
        TaskCompletionSource? stalled;
        lock (_gate)
            (stalled, _stalled) = (_stalled, null);
        stalled?.TrySetResult();
    }

    /// <summary>The next write fails.</summary>
    public void Break(Exception? e = null)
    {
        lock (_gate)
            _broken = e ?? new IOException("The socket is gone.");
    }

    /// <summary>Writes succeed from here on, and nothing arrives.</summary>
    public void LoseAll()
    {
        lock (_gate)
            _halfOpen = true;
    }

    public async ValueTask WriteAsync(IReadOnlyList<ServerEvent> events, CancellationToken ct)
    {
        Task ready;
        lock (_gate)
        {
            _writing = true;
            ready = _stalled?.Task ?? Task.CompletedTask;
        }
        try
        {
            await ready.WaitAsync(ct);
            lock (_gate)
            {
                if (_broken is { } e)
                    throw e;
                if (_halfOpen)
                    return;
                _events.AddRange(events);
            }
        }
        finally
        {
            lock (_gate)
                _writing = false;
        }
        foreach (var item in events)
            Arrived?.Invoke(item);
    }

    public void Close(CloseReason reason)
    {
        lock (_gate)
            _closed.Add(reason);
        Closing?.Invoke();
    }
}
