namespace Chat.Host.Transports.WebSocket;

/// <summary>
/// Pings a client that shows no life, and says when it must be dead: nothing comes from it (its host is gone, and no packet will ever say so), or
/// for twice as long nothing by which it shows that it reads what it is sent.
/// </summary>
internal sealed class Liveness : IDisposable
{
    private readonly WebSocketReader _reader;
    private readonly int _patience;
    private readonly Action _ping;
    private readonly Action _dead;
    private readonly ITimer _timer;

    // Only the timer touches these.
    private int _reads;
    private int _silentLooks;
    private int _unreadLooks;

    // Set by the reader, taken back by the timer.
    private volatile bool _hasRead;

    public Liveness(WebSocketReader reader, TransportsOptions options, TimeProvider clock, Action ping, Action dead)
    {
        (_reader, _ping, _dead) = (reader, ping, dead);
        // In looks, not by the clock: a server that comes late to all of them has not waited for the client meanwhile.
        _patience = (int)Math.Ceiling(options.KeepAliveTimeout / options.KeepAlive);
        // Held by the connection alone, which need not carry the context of the request that opened it.
        using (ExecutionContext.SuppressFlow())
            _timer = clock.CreateTimer(static liveness => ((Liveness)liveness!).Look(), this, options.KeepAlive, options.KeepAlive);
    }

    /// <summary>The client answered a ping, or acked: it reads.</summary>
    public void Reads() => _hasRead = true;

    public void Dispose() => _timer.Dispose();

    private void Look()
    {
        var reads = _reader.Reads;
        // What a busy reader has not yet read may be its answer; a client that reads nothing keeps it busy for no longer than a write may take.
        if (!_reader.IsWaiting)
        {
            (_reads, _silentLooks, _unreadLooks) = (reads, 0, 0);
            return;
        }
        _silentLooks = reads == _reads ? _silentLooks + 1 : 0;
        _unreadLooks = _hasRead ? 0 : _unreadLooks + 1;
        (_reads, _hasRead) = (reads, false);
        if (_silentLooks > _patience || _unreadLooks > 2 * _patience)
            _dead();
        else if (_silentLooks > 0 || _unreadLooks > 0)
            _ping();
    }
}
