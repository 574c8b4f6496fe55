using System.Diagnostics.Metrics;
using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.Options;

namespace Chat.Host.Http.Connections;

/// <summary>
/// The open TCP connections. Those that have not sent a request's head yet are limited in number and time: a further one closes the oldest. When the total
/// limit is reached, each new connection closes one without a request: first one that never had any, else the one that was idle for longest.
/// </summary>
/// <remarks>Kestrel's own limit counts too late, and always refuses the new connection.</remarks>
internal sealed class OpenConnections : IDisposable
{
    private static readonly TimeSpan LookEvery = TimeSpan.FromSeconds(1);

    private readonly ConnectionLimits _limits;
    private readonly HttpOptions _options;
    private readonly int _maxSilent;
    private readonly TimeProvider _clock;
    private readonly Counter<long> _shed;
    private readonly ITimer _timer;
    private readonly Lock _lock = new();

    // Guarded by _lock. Oldest first.
    private readonly LinkedList<OpenConnection> _silent = [];
    private readonly LinkedList<OpenConnection> _idle = [];
    private int _count;

    public OpenConnections(ConnectionLimits limits, IOptions<HttpOptions> options, IMeterFactory meters, TimeProvider clock)
    {
        (_limits, _options, _clock) = (limits, options.Value, clock);
        _maxSilent = Math.Min(_options.MaxSilentConnections, limits.Total / 4);
        var meter = meters.Create("Chat");
        meter.CreateObservableUpDownCounter("chat.tcp_connections", () => _count, description: "TCP connections that are open.");
        meter.CreateObservableUpDownCounter("chat.tcp_connections_silent", () => _silent.Count, description: "TCP connections that have sent no request's head yet.");
        _shed = meter.CreateCounter<long>("chat.tcp_connections_shed", description: "TCP connections ended for want of room, by why: silent, idle, timeout, full.");
        _timer = clock.CreateTimer(_ => CloseLateOnes(), null, LookEvery, LookEvery);
    }

    /// <summary>Adds a connection. False if the limit is reached and all connections have requests.</summary>
    public bool TryAdd(ConnectionContext connection)
    {
        var added = new OpenConnection(this, connection, _clock.GetTimestamp());
        OpenConnection? shed = null;
        lock (_lock)
        {
            if (_silent.Count >= _maxSilent || _count >= _limits.Total)
            {
                shed = (_silent.First ?? _idle.First)?.Value;
                if (shed is null)
                {
                    Count("full");
                    return false;
                }
                Count(shed.IsSilent ? "silent" : "idle");
                Forget(shed);
            }
            _silent.AddLast(added.Node);
            _count++;
        }
        shed?.Abort();
        connection.Features.Set(added);
        connection.ConnectionClosed.UnsafeRegister(static closed => ((OpenConnection)closed!).Closed(), added);
        return true;
    }

    public void Begin(OpenConnection connection)
    {
        lock (_lock)
        {
            connection.IsSilent = false;
            if (connection.Requests++ == 0)
                connection.Node.List?.Remove(connection.Node);
        }
    }

    public void End(OpenConnection connection)
    {
        lock (_lock)
        {
            if (--connection.Requests == 0 && !connection.IsForgotten)
                _idle.AddLast(connection.Node);
        }
    }

    public void Remove(OpenConnection connection)
    {
        lock (_lock)
            Forget(connection);
    }

    public void Dispose() => _timer.Dispose();

    private void CloseLateOnes()
    {
        List<OpenConnection> late = [];
        lock (_lock)
        {
            var patience = _silent.Count > _maxSilent / 2 ? _options.CrowdedHeadTimeout : _options.HeadTimeout;
            while (_silent.First?.Value is { } oldest && _clock.GetElapsedTime(oldest.Since) >= patience)
            {
                Count("timeout");
                Forget(oldest);
                late.Add(oldest);
            }
        }
        foreach (var connection in late)
            connection.Abort();
    }

    private void Forget(OpenConnection connection)
    {
        if (connection.IsForgotten)
            return;
        connection.IsForgotten = true;
        connection.Node.List?.Remove(connection.Node);
        _count--;
    }

    private void Count(string why) => _shed.Add(1, new KeyValuePair<string, object?>("why", why));
}

/// <summary>One open connection, stored as a feature of the connection and its requests. Guarded by the lock of <see cref="OpenConnections"/>.</summary>
internal sealed class OpenConnection
{
    private readonly OpenConnections _all;
    private readonly ConnectionContext _connection;

    public OpenConnection(OpenConnections all, ConnectionContext connection, long since)
    {
        (_all, _connection, Since) = (all, connection, since);
        Node = new LinkedListNode<OpenConnection>(this);
    }

    /// <summary>When it was accepted.</summary>
    public long Since { get; }

    public LinkedListNode<OpenConnection> Node { get; }

    public bool IsSilent { get; set; } = true;

    /// <summary>Requests in progress; HTTP/2 may have many.</summary>
    public int Requests { get; set; }

    /// <summary>It is not counted any more: it has ended, or is being closed.</summary>
    public bool IsForgotten { get; set; }

    /// <summary>The first middleware: marks the connection as used until the request is answered, or the live connection ends.</summary>
    public static async Task TrackAsync(HttpContext context, RequestDelegate next)
    {
        if (context.Features.Get<OpenConnection>() is not { } connection)
        {
            await next(context);
            return;
        }
        connection._all.Begin(connection);
        try
        {
            await next(context);
        }
        finally
        {
            connection._all.End(connection);
        }
    }

    /// <summary>Marks the connection as used until <see cref="Release"/>, also when its request has ended.</summary>
    public void Hold() => _all.Begin(this);

    public void Release() => _all.End(this);

    /// <summary>Closes the socket at once.</summary>
    public void Abort() => _connection.Abort(new ConnectionAbortedException("The connection has no request, and its place is needed for a new one."));

    public void Closed() => _all.Remove(this);
}
