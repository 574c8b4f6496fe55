using Chat.BuildingBlocks.Ids;
using Chat.Modules.Delivery.Notifications;
using Chat.Modules.Delivery.Notifications.Due;
using Chat.Testing;
using Microsoft.Extensions.Time.Testing;

namespace Chat.Modules.Delivery.Tests.Notifications.Due;

/// <summary>What stores of what is due that go by the server's clock promise when it is set, back or forward.</summary>
public abstract class ClockJumpContract
{
    private static readonly TimeSpan Lease = TimeSpan.FromSeconds(30);
    private static readonly ConversationId Talk = World.Direct("alice", "bob");

    private protected JumpingClock Clock { get; } = new();

    private protected abstract IDueStore Store { get; }

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(-1)]
    [InlineData(1)]
    public async Task What_is_due_is_claimed_at_once(int hours)
    {
        await AddAsync(World.Device("bob"));

        Clock.Jump(TimeSpan.FromHours(hours));

        Assert.Single(await ClaimAsync());
    }

    [Theory]
    [InlineData(-1)]
    [InlineData(1)]
    public async Task A_claim_ends_with_its_lease(int hours)
    {
        await AddAsync(World.Device("bob"));
        Assert.Single(await ClaimAsync());

        Clock.Jump(TimeSpan.FromHours(hours));

        Assert.Empty(await ClaimAsync());
        Clock.Pass(Lease + TimeSpan.FromSeconds(1));
        Assert.Single(await ClaimAsync());
    }

    [Theory]
    [InlineData(-1)]
    [InlineData(1)]
    public async Task What_has_failed_waits_for_its_pause(int hours)
    {
        var pause = TimeSpan.FromMinutes(1);
        await AddAsync([.. Enumerable.Range(0, 50).Select(n => World.Device($"user{n}"))]);
        foreach (var claim in await ClaimAsync())
            await FailAsync(claim, pause);

        Clock.Jump(TimeSpan.FromHours(hours));

        Assert.Empty(await ClaimAsync());
        Clock.Pass(pause + TimeSpan.FromSeconds(1));
        Assert.Equal(50, (await ClaimAsync()).Count);
    }

    private protected Task AddAsync(params DeviceAddress[] devices) =>
        Store.AddAsync(PushKind.Fcm, [.. devices.Select(device => new DueItem(device, Talk, new SeqNo(1), Clock.GetUtcNow()))], Ct);

    private protected Task<IReadOnlyList<DueClaim>> ClaimAsync() => Store.ClaimAsync(PushKind.Fcm, 100, Lease, Ct);

    private protected Task FailAsync(DueClaim claim, TimeSpan pause, string reason = PushReason.ServerError) =>
        Store.SettleAsync(claim, new DueSettlement([], pause, 3, reason), Ct);
}

public sealed class SqliteClockJumpTests : ClockJumpContract, IDisposable
{
    private readonly TemporaryStores _stores = new("delivery", typeof(DeliveryModule).Assembly);
    private SqliteDueStore? _store;

    private protected override IDueStore Store => _store ??= new SqliteDueStore(_stores.Database, Clock);

    [Fact]
    public async Task After_a_restart_nothing_waits_for_a_clock_that_was_ahead_but_for_what_a_platform_asked_for()
    {
        Clock.Jump(TimeSpan.FromHours(1));
        await AddAsync(World.Device("failed"), World.Device("limited"));
        foreach (var claim in await ClaimAsync())
            await FailAsync(claim, TimeSpan.FromMinutes(30), claim.Device == World.Device("limited") ? PushReason.RateLimited : PushReason.ServerError);
        await AddAsync(World.Device("bob"));
        _stores.Close();
        _store = null;

        Clock.Jump(TimeSpan.FromHours(-1));

        Assert.Equal(World.Device("bob"), Assert.Single(await ClaimAsync()).Device);
        Clock.Pass(TimeSpan.FromMinutes(6));
        Assert.Contains(World.Device("failed"), (await ClaimAsync()).Select(claim => claim.Device));
        Clock.Pass(TimeSpan.FromMinutes(90));
        Assert.Contains(World.Device("limited"), (await ClaimAsync()).Select(claim => claim.Device));
    }

    public void Dispose() => _stores.Dispose();
}

public sealed class MemoryClockJumpTests : ClockJumpContract
{
    private MemoryDueStore? _store;

    private protected override IDueStore Store => _store ??= new MemoryDueStore(Clock);
}

/// <summary>A wall clock that is set, beside a monotonic one that is not.</summary>
internal sealed class JumpingClock : TimeProvider
{
    private readonly FakeTimeProvider _steady = new();
    private TimeSpan _ahead;

    public override long TimestampFrequency => _steady.TimestampFrequency;

    public void Jump(TimeSpan by) => _ahead += by;

    public void Pass(TimeSpan time) => _steady.Advance(time);

    public override DateTimeOffset GetUtcNow() => _steady.GetUtcNow() + _ahead;

    public override long GetTimestamp() => _steady.GetTimestamp();

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) =>
        _steady.CreateTimer(callback, state, dueTime, period);
}
