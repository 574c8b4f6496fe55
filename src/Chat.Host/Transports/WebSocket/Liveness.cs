namespace Chat.Host.Transports.WebSocket;

/// <summary>Pings a client from which nothing comes, and says when it must be dead: its host is gone, and no packet will ever say so.</summary>
internal sealed class Liveness : IDisposable
{
    private readonly FrameReader _reader;
    private readonly int _patience;
    private readonly Action _ping;
    private readonly Action _dead;
    private readonly ITimer _timer;

    // Only the timer touches these.
    private int _reads;
    private int _silentLooks;

    public Liveness(FrameReader reader, TransportsOptions options, TimeProvider clock, Action ping, Action dead)
    {
        (_reader, _ping, _dead) = (reader, ping, dead);
        // In looks, not by the clock: a server that comes late to all of them has not waited for the client meanwhile.
        _patience = (int)Math.Ceiling(options.KeepAliveTimeout / options.KeepAlive);
        // Held by the connection alone, which need not carry the context of the request that opened it.
        using (ExecutionContext.SuppressFlow())
            _timer = clock.CreateTimer(static liveness => ((Liveness)liveness!).Look(), this, options.KeepAlive, options.KeepAlive);
    }

    public void Dispose() => _timer.Dispose();

    private void Look()
    {
        var reads = _reader.Reads;
        // What a busy reader has not yet read may be its answer.
        if (reads != _reads || !_reader.IsWaiting)
            (_reads, _silentLooks) = (reads, 0);
        else if (++_silentLooks > _patience)
            _dead();
        else
            _ping();
    }
}
