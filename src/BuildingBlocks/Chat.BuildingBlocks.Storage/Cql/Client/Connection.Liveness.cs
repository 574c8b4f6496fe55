namespace Chat.BuildingBlocks.Storage.Cql.Client;

/// <summary>
/// Deadlines, and whether the node still lives. A connection on which a request has waited for a quarter of its time, and nothing at all
/// has come, is asked for a sign of life; at half of the time it is given up, so that what may be asked elsewhere still can be.
/// </summary>
internal sealed partial class Connection
{
    // Written by the read loop and the sweep.
    private volatile bool _heard;

    // Until the node has given the sign of life that it was asked for.
    private volatile bool _probing;

    // Only the sweep writes these.
    private long _quietSince;
    private long _idleSince;

    private void Sweep()
    {
        var now = _settings.Clock.GetTimestamp();
        List<Request>? late = null;
        bool busy, clogged;
        lock (_gate)
        {
            if (_closed)
                return;
            busy = _freeCount < _streams.Length;
            if (busy)
                late = TakeLate(now);
            clogged = _orphans > _streams.Length / 2;
        }
        if (late is not null)
        {
            foreach (var request in late)
                End(request, Response.Without(request.Stream < 0 ? Outcome.NotSent : Outcome.TimedOut));
        }
        if (clogged)
            Close("most of its requests were never answered");
        else
            Watch(now, busy);
        HandOut();
    }

    // Under the lock. One turn of the queue however many are late, for that is when many are.
    private List<Request>? TakeLate(long now)
    {
        List<Request>? late = null;
        for (var stream = 0; stream < _streams.Length; stream++)
        {
            if (_streams[stream] is not { } request || request == Orphan || request.Deadline > now)
                continue;
            (late ??= []).Add(request);
            _streams[stream] = Orphan;
            _orphans++;
        }
        var waiting = _waiting.Count;
        for (var left = waiting; left > 0; left--)
        {
            var request = _waiting.Dequeue();
            if (request.Deadline > now)
                _waiting.Enqueue(request);
            else
                (late ??= []).Add(request);
        }
        _settings.Metrics.Waits(_waiting.Count - waiting);
        return late;
    }

    private void Watch(long now, bool busy)
    {
        if (_heard || !busy)
        {
            _quietSince = now;
            if (_heard || _idleSince == 0)
                _idleSince = now;
            _heard = false;
        }
        var quiet = _settings.Clock.GetElapsedTime(_quietSince, now);
        if (quiet >= _settings.Silence)
            Close($"the node was silent for {quiet.TotalMilliseconds:F0} ms");
        else if (!_probing && (quiet >= _settings.Silence / 2 || _settings.Clock.GetElapsedTime(_idleSince, now) >= _settings.Heartbeat))
            _ = ProbeAsync(now);
    }

    private async Task ProbeAsync(long now)
    {
        _probing = true;
        await SendAsync(new OptionsRequest { Deadline = now + (long)(_settings.Heartbeat.TotalSeconds * _settings.Clock.TimestampFrequency) });
        _probing = false;
    }
}
