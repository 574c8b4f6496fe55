using System.IO.Pipelines;
using Chat.Host.Transports;
using Chat.Host.Transports.WebSocket;
using Microsoft.Extensions.Time.Testing;

namespace Chat.Transports.Tests.WebSocket;

/// <summary>Pings after 15 s of silence, dead after 30 s more.</summary>
public sealed class LivenessTests : IDisposable
{
    private readonly FakeTimeProvider _clock = new();
    private readonly Pipe _pipe = new(new PipeOptions(readerScheduler: PipeScheduler.Inline, useSynchronizationContext: false));
    private readonly WebSocketReader _reader;
    private readonly Liveness _liveness;
    private int _pings;
    private bool _dead;

    public LivenessTests()
    {
        _reader = new WebSocketReader(_pipe.Reader, 1000, 1000);
        _liveness = new Liveness(_reader, new TransportsOptions { KeepAliveMs = 15_000, KeepAliveTimeoutMs = 30_000 }, _clock, () => _pings++, () => _dead = true);
    }

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public void A_silent_client_is_pinged_until_it_is_dead()
    {
        _ = _reader.NextAsync(Ct).AsTask();

        _clock.Advance(TimeSpan.FromSeconds(44));
        Assert.Equal((2, false), (_pings, _dead));
        _clock.Advance(TimeSpan.FromSeconds(1));

        Assert.True(_dead);
    }

    [Fact]
    public async Task A_client_that_answers_lives()
    {
        for (var i = 0; i < 20; i++)
        {
            var next = _reader.NextAsync(Ct);
            _clock.Advance(TimeSpan.FromSeconds(30));
            await _pipe.Writer.WriteAsync(RawClient.Frame(0x8A, []), Ct);
            Assert.Equal(Received.Pong, await next);
            _liveness.Reads();
        }

        Assert.False(_dead);
        Assert.InRange(_pings, 20, 40);
    }

    [Fact]
    public async Task By_default_nothing_is_silent_for_a_minute_and_a_dead_client_is_gone_after_100_s()
    {
        _liveness.Dispose();
        using var liveness = new Liveness(_reader, new TransportsOptions(), _clock, () => _pings++, () => _dead = true);
        var next = _reader.NextAsync(Ct);
        _clock.Advance(TimeSpan.FromSeconds(1));
        await _pipe.Writer.WriteAsync(RawClient.Frame(0x8A, []), Ct);
        Assert.Equal(Received.Pong, await next);
        liveness.Reads();
        _ = _reader.NextAsync(Ct).AsTask();

        _clock.Advance(TimeSpan.FromSeconds(49));
        Assert.Equal((1, false), (_pings, _dead));
        _clock.Advance(TimeSpan.FromSeconds(50));

        Assert.True(_dead);
    }

    [Fact]
    public async Task A_client_that_sends_and_answers_no_ping_is_dead()
    {
        for (var i = 0; i < 9; i++)
        {
            var next = _reader.NextAsync(Ct);
            _clock.Advance(TimeSpan.FromSeconds(10));
            await _pipe.Writer.WriteAsync(RawClient.Frame(0x81, "x"u8), Ct);
            Assert.Equal(Received.Text, await next);
        }

        Assert.True(_dead);
    }

    [Fact]
    public async Task What_waits_unread_while_the_reader_is_busy_counts_as_life()
    {
        await _pipe.Writer.WriteAsync(RawClient.Frame(0x81, "x"u8), Ct);
        await _reader.NextAsync(Ct);

        _clock.Advance(TimeSpan.FromMinutes(5));

        Assert.Equal((0, false), (_pings, _dead));
    }

    public void Dispose()
    {
        _liveness.Dispose();
        _reader.Dispose();
    }
}
