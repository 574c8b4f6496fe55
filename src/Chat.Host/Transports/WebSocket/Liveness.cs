using Chat.BuildingBlocks.Concurrency;

namespace Chat.Host.Transports.WebSocket;

/// <summary>
/// Pings a silent client and ends a dead one: one from which nothing comes (its host may be gone without a packet that says so), or which for
/// twice as long neither answers a ping nor acks.
/// </summary>
internal sealed class Liveness : WheelTimer
{
    private readonly WebSocketReader _reader;
    private readonly int _maxChecks;
    private readonly Action _ping;
    private readonly Action _dead;
    private readonly TimeSpan _period;

    // Only the timer touches these.
    private int _reads;
    private int _silentChecks;
    private int _unreadChecks;

    // Set by the reader, taken back by the timer.
    private volatile bool _hasRead;

    public Liveness(WebSocketReader reader, TransportsOptions options, TimerWheel timers, Action ping, Action dead)
        : base(timers)
    {
        (_reader, _period, _ping, _dead) = (reader, options.KeepAlive, ping, dead);
        // Counted in checks, not by the clock: when the server is late with its checks, that is not the client's silence.
        _maxChecks = (int)Math.Ceiling(options.KeepAliveTimeout / options.KeepAlive);
        Start(_period);
    }

    /// <summary>The client answered a ping, or acked: it reads.</summary>
    public void Reads() => _hasRead = true;

    protected override void Fire()
    {
        Start(_period);
        Check();
    }

    private void Check()
    {
        var reads = _reader.Reads;
        // The answer may wait unread while the reader is busy; a client that does not read keeps it busy no longer than a write may take.
        if (!_reader.IsWaiting)
        {
            (_reads, _silentChecks, _unreadChecks) = (reads, 0, 0);
            return;
        }
        _silentChecks = reads == _reads ? _silentChecks + 1 : 0;
        _unreadChecks = _hasRead ? 0 : _unreadChecks + 1;
        (_reads, _hasRead) = (reads, false);
        if (_silentChecks > _maxChecks || _unreadChecks > 2 * _maxChecks)
            _dead();
        else if (_silentChecks > 0 || _unreadChecks > 0)
            _ping();
    }
}
