using System.IO.Pipelines;
using Chat.BuildingBlocks.Concurrency;
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
    private readonly TimerWheel _wheel;
    private readonly Liveness _liveness;
    private int _pings;
    private bool _dead;

    public LivenessTests()
    {
        _wheel = new TimerWheel(_clock);
        _reader = new WebSocketReader(_pipe.Reader, 1000, 1000);
        _liveness = new Liveness(_reader, new TransportsOptions { KeepAliveMs = 15_000, KeepAliveTimeoutMs = 30_000 }, _wheel, () => _pings++, () => _dead = true);
    }

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public void A_silent_client_is_pinged_until_it_is_dead()
    {
        _ = _reader.NextAsync(Ct).AsTask();

        Pass(TimeSpan.FromSeconds(44));
        Assert.Equal((2, false), (_pings, _dead));
        Pass(TimeSpan.FromSeconds(1));

        Assert.True(_dead);
    }

    [Fact]
    public async Task A_client_that_answers_lives()
    {
        for (var i = 0; i < 20; i++)
        {
            var next = _reader.NextAsync(Ct);
            Pass(TimeSpan.FromSeconds(30));
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
        using var liveness = new Liveness(_reader, new TransportsOptions(), _wheel, () => _pings++, () => _dead = true);
        var next = _reader.NextAsync(Ct);
        Pass(TimeSpan.FromSeconds(1));
        await _pipe.Writer.WriteAsync(RawClient.Frame(0x8A, []), Ct);
        Assert.Equal(Received.Pong, await next);
        liveness.Reads();
        _ = _reader.NextAsync(Ct).AsTask();

        Pass(TimeSpan.FromSeconds(49));
        Assert.Equal((1, false), (_pings, _dead));
        Pass(TimeSpan.FromSeconds(50));

        Assert.True(_dead);
    }

    [Fact]
    public async Task A_client_that_sends_and_answers_no_ping_is_dead()
    {
        for (var i = 0; i < 9; i++)
        {
            var next = _reader.NextAsync(Ct);
            Pass(TimeSpan.FromSeconds(10));
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

        Pass(TimeSpan.FromMinutes(5));

        Assert.Equal((0, false), (_pings, _dead));
    }

    // Tick by tick: the timers are as late as the clock's steps are long.
    private void Pass(TimeSpan time)
    {
        var tick = TimeSpan.FromMilliseconds(200);
        for (var passed = TimeSpan.Zero; passed < time; passed += tick)
            _clock.Advance(tick);
    }

    public void Dispose()
    {
        _liveness.Dispose();
        _reader.Dispose();
        _wheel.Dispose();
    }
}
