using Chat.Modules.Delivery.Notifications;
using Chat.Modules.Delivery.Notifications.Platforms;
using Chat.Testing;
using Microsoft.Extensions.Time.Testing;

namespace Chat.Modules.Delivery.Tests.Notifications.Platforms;

/// <summary>What is held back so that one platform or origin that fails holds up no other.</summary>
public sealed class LimitedPlatformTests
{
    private static readonly PushOutcome Sent = new PushOutcome.Sent(201);
    private static readonly PushOutcome Failed = new PushOutcome.Retry(PushReason.Timeout, null, 0);

    private readonly FakeTimeProvider _clock = new();
    private readonly ScriptedPlatform _platform = new();
    private readonly PlatformOptions _options = new();

    [Fact]
    public async Task After_five_failures_an_origin_is_left_alone_and_others_are_not()
    {
        var limited = Limited();
        _platform.Answer = to => to.Address.Contains("bad", StringComparison.Ordinal) ? Failed : Sent;
        for (var i = 0; i < 5; i++)
            Assert.Equal(Failed, await Send(limited, "https://bad.example/a"));

        var held = await Send(limited, "https://bad.example/another");

        Assert.Equal(new PushOutcome.Retry(PushReason.Timeout, TimeSpan.FromSeconds(2), 0, NotTried: true), held);
        Assert.Equal(5, _platform.Calls);
        Assert.Equal(Sent, await Send(limited, "https://good.example/a"));
    }

    [Fact]
    public async Task After_the_pause_one_tries_and_the_pause_doubles_until_it_is_taken()
    {
        var limited = Limited();
        await OpenAsync(limited);

        var pause = TimeSpan.FromSeconds(2);
        foreach (var next in new[] { 4, 8, 16, 32, 60, 60 })
        {
            _clock.Advance(pause);
            var waiting = new TaskCompletionSource<PushOutcome>();
            _platform.AnswerLater = _ => waiting.Task;
            var probe = Send(limited);
            Assert.Equal(new PushOutcome.Retry(PushReason.Timeout, TimeSpan.FromSeconds(1), 0, NotTried: true), await Send(limited));
            waiting.SetResult(Failed);
            Assert.Equal(Failed, await probe);
            _platform.AnswerLater = null;
            pause = TimeSpan.FromSeconds(next);
            Assert.Equal(new PushOutcome.Retry(PushReason.Timeout, pause, 0, NotTried: true), await Send(limited));
        }

        _clock.Advance(pause);
        _platform.Answer = _ => Sent;
        Assert.Equal(Sent, await Send(limited));
        Assert.Equal(Sent, await Send(limited));
    }

    [Theory]
    [InlineData("gone")]
    [InlineData("refused")]
    public async Task Answers_about_one_notification_leave_the_origin_as_it_is(string kind)
    {
        var limited = Limited();
        _platform.Answer = _ => kind == "gone" ? new PushOutcome.Gone(PushReason.Gone, 410) : new PushOutcome.Refused(PushReason.TooLarge, 413);

        for (var i = 0; i < 20; i++)
            await Send(limited);

        Assert.Equal(20, _platform.Calls);
    }

    [Fact]
    public async Task A_notification_taken_in_between_begins_the_count_again()
    {
        var limited = Limited();
        for (var i = 0; i < 20; i++)
        {
            var outcome = i % 5 == 4 ? Sent : Failed;
            _platform.Answer = _ => outcome;
            Assert.Equal(outcome, await Send(limited));
        }
    }

    [Fact]
    public async Task Origins_that_never_answer_share_a_few_places_and_hold_up_no_origin_that_works()
    {
        var limited = Limited(maxUnproven: 3);
        Assert.Equal(Sent, await Send(limited, "https://works.example/a"));
        var never = new TaskCompletionSource<PushOutcome>();
        _platform.AnswerLater = to => to.Address.Contains("slow", StringComparison.Ordinal) ? never.Task : Task.FromResult(Sent);
        var slow = Enumerable.Range(0, 3).Select(i => Send(limited, $"https://slow{i}.example/a")).ToList();

        Assert.Equal(
            new PushOutcome.Retry(PushReason.RateLimited, TimeSpan.FromMilliseconds(500), 0, NotTried: true), await Send(limited, "https://slow4.example/a"));
        Assert.Equal(Sent, await Send(limited, "https://works.example/b"));

        never.SetResult(Failed);
        await Task.WhenAll(slow);
        Assert.Equal(Sent, await Send(limited, "https://new.example/a"));
    }

    [Fact]
    public async Task An_origin_that_answers_is_not_held_back_as_it_refuses_one()
    {
        var limited = Limited(maxUnproven: 1);
        _platform.Answer = _ => new PushOutcome.Retry(PushReason.RateLimited, null, 429);
        await Send(limited);
        var later = new TaskCompletionSource<PushOutcome>();
        _platform.AnswerLater = _ => later.Task;
        var running = new[] { Send(limited), Send(limited) };

        later.SetResult(Sent);

        Assert.Equal([Sent, Sent], await Task.WhenAll(running));
    }

    [Fact]
    public async Task To_one_origin_only_so_many_are_on_their_way()
    {
        var limited = Limited(maxRunning: 2);
        var later = new TaskCompletionSource<PushOutcome>();
        _platform.AnswerLater = _ => later.Task;
        var running = new[] { Send(limited), Send(limited) };

        Assert.True(await Send(limited) is PushOutcome.Retry { NotTried: true });

        later.SetResult(Sent);
        await Task.WhenAll(running);
        Assert.Equal(Sent, await Send(limited));
    }

    [Fact]
    public async Task However_many_origins_clients_name_so_many_are_remembered_and_those_that_work_stay()
    {
        var circuits = new Circuits(maxRunning: 8, maxUnproven: 1, maxAddresses: 16, new PlatformOptions { BreakAfterFailures = 1 }, _clock);
        await circuits.SendAsync("works", () => Task.FromResult(Sent));

        for (var i = 0; i < 1_000; i++)
            await circuits.SendAsync($"bad {i}", () => Task.FromResult(Failed));

        Assert.InRange(circuits.Count, 1, 16);
        var never = new TaskCompletionSource<PushOutcome>();
        var slow = circuits.SendAsync("slow", () => never.Task);
        Assert.Equal(Sent, await circuits.SendAsync("works", () => Task.FromResult(Sent)));
        never.SetResult(Failed);
        await slow;
    }

    [Fact]
    public async Task Above_the_limit_a_second_a_notification_waits_a_moment()
    {
        var limited = Limited(sendsPerSecond: 10);
        Assert.Equal(Sent, await Send(limited));

        var next = Send(limited);

        Assert.False(next.IsCompleted);
        Assert.Equal(1, _platform.Calls);
        _clock.Advance(TimeSpan.FromMilliseconds(100));
        Assert.Equal(Sent, await next);
    }

    [Fact]
    public async Task A_notification_that_would_wait_for_longer_than_a_second_is_put_back()
    {
        var limited = Limited(sendsPerSecond: 1);
        await Send(limited);
        var (one, other) = (Send(limited), Send(limited));

        _clock.Advance(TimeSpan.FromSeconds(1));

        Assert.Equal([Sent, new PushOutcome.Retry(PushReason.RateLimited, TimeSpan.FromSeconds(1), 0, NotTried: true)], await Task.WhenAll(one, other));
    }

    [Fact]
    public async Task What_is_cancelled_counts_neither_way()
    {
        var limited = Limited(maxRunning: 1);
        _platform.AnswerLater = _ => Task.FromCanceled<PushOutcome>(new CancellationToken(true));

        for (var i = 0; i < 10; i++)
            await Assert.ThrowsAsync<TaskCanceledException>(() => Send(limited));

        _platform.AnswerLater = null;
        Assert.Equal(Sent, await Send(limited));
    }

    private async Task OpenAsync(LimitedPlatform limited)
    {
        _platform.Answer = _ => Failed;
        for (var i = 0; i < _options.BreakAfterFailures; i++)
            await Send(limited);
    }

    private LimitedPlatform Limited(int sendsPerSecond = 100_000, int maxRunning = 100, int maxUnproven = 100) => new(
        _platform, sendsPerSecond, new Circuits(maxRunning, maxUnproven, maxAddresses: 1_000, _options, _clock), LimitedPlatform.OriginOf,
        new PlatformMetrics(new TestMeters()), _clock);

    private static Task<PushOutcome> Send(LimitedPlatform limited, string address = "https://push.example/a") =>
        limited.SendAsync(PlatformWorld.To(PushKind.WebPush, address), PlatformWorld.Message(), TestContext.Current.CancellationToken);

    private sealed class ScriptedPlatform : IPushPlatform
    {
        private int _calls;

        public Func<PushSubscription, PushOutcome> Answer { get; set; } = _ => Sent;

        public Func<PushSubscription, Task<PushOutcome>>? AnswerLater { get; set; }

        public int Calls => _calls;

        public PushKind Kind => PushKind.WebPush;

        public bool IsConfigured => true;

        public string? FindFault(PushSubscription subscription) => null;

        public Task<string?> CheckAsync(CancellationToken ct) => Task.FromResult<string?>(null);

        public Task<PushOutcome> SendAsync(PushSubscription to, PushNotification what, CancellationToken ct)
        {
            _calls++;
            return AnswerLater?.Invoke(to) ?? Task.FromResult(Answer(to));
        }
    }
}
