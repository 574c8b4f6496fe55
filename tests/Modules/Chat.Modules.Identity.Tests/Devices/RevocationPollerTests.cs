using Chat.BuildingBlocks.Ids;
using Chat.BuildingBlocks.Nodes;
using Chat.Modules.Identity.Contracts;
using Chat.Modules.Identity.Devices;
using Chat.Modules.Identity.Store;
using Chat.Testing;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Time.Testing;

namespace Chat.Modules.Identity.Tests.Devices;

/// <summary>Two nodes on one store.</summary>
public sealed class RevokedElsewhereTests : IDisposable
{
    private static readonly DeviceAddress Phone = new(UserId.Parse("alice"), DeviceId.Parse("phone"));

    private static readonly RefreshTokens Tokens = new(new byte[32]);

    private readonly TemporaryStores _stores = new("identity", typeof(SqliteDeviceStore).Assembly);
    private readonly FakeTimeProvider _clock = new(new DateTimeOffset(2026, 3, 1, 12, 0, 0, TimeSpan.Zero));
    private readonly FakeMediator _mediator = new();
    private readonly FakeBus _bus = new();
    private readonly IOptions<AuthOptions> _options = Options.Create(new AuthOptions());
    private readonly SqliteDeviceStore _store;

    public RevokedElsewhereTests() => _store = new SqliteDeviceStore(_stores.Database, Tokens, _clock);

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task What_one_node_revokes_is_void_on_the_other_when_it_has_looked_and_told_there_once()
    {
        var (here, elsewhere) = (await StartAsync(), await StartAsync());
        var issued = await OpenAsync();
        await elsewhere.AddAsync(Phone, Ct);
        Assert.False(here.IsVoid(Phone, issued));

        using var learning = Learning(here);
        await learning.PollAsync(Ct);
        await learning.PollAsync(Ct);

        Assert.True(here.IsVoid(Phone, issued));
        Assert.Equal(new DeviceRevoked(Phone) { KeepData = true }, Assert.Single(_mediator.Published));
    }

    [Fact]
    public async Task What_one_node_revokes_the_other_looks_for_at_once_when_the_bus_says_so()
    {
        var (here, elsewhere) = (await StartAsync(), await StartAsync());
        var issued = await OpenAsync();
        using var learning = Learning(here);
        _bus.Connect(learning);
        await learning.StartAsync(Ct);

        // The clock stands still: no poll is due.
        await elsewhere.AddAsync(Phone, Ct);

        await Wait.UntilAsync(() => _mediator.Published.Count > 0, "the revocation is told");
        Assert.True(here.IsVoid(Phone, issued));
        await learning.StopAsync(Ct);
    }

    [Fact]
    public async Task What_may_have_been_missed_on_the_bus_is_looked_for_at_once()
    {
        var (here, elsewhere) = (await StartAsync(), await StartAsync());
        await OpenAsync();
        using var learning = Learning(here);
        await learning.StartAsync(Ct);
        Action[] reasons =
        [
            () => learning.Missed(new NodeId(1)), () => learning.Left(new NodeId(1)), () => learning.Joined(new NodeId(1)), () => learning.LeaseGained(new NodeId(1)),
        ];

        foreach (var reason in reasons)
        {
            // The clock stands still: no poll is due.
            _clock.Advance(TimeSpan.FromMilliseconds(1));
            await OpenAsync();
            await elsewhere.AddAsync(Phone, Ct);
            var before = _mediator.Published.Count;
            reason();
            await Wait.UntilAsync(() => _mediator.Published.Count > before, "the revocation is told");
        }
        await learning.StopAsync(Ct);
    }

    [Fact]
    public async Task What_the_bus_does_not_say_is_found_when_the_time_is_up()
    {
        var (here, elsewhere) = (await StartAsync(), await StartAsync());
        await OpenAsync();
        using var learning = Learning(here);
        await learning.StartAsync(Ct);

        await elsewhere.AddAsync(Phone, Ct);

        await Wait.UntilAsync(
            () =>
            {
                _clock.Advance(TimeSpan.FromMilliseconds(2_000));
                return _mediator.Published.Count > 0;
            }, "the revocation is told");
        await learning.StopAsync(Ct);
    }

    [Fact]
    public async Task A_revocation_by_a_node_whose_clock_is_hours_behind_is_seen()
    {
        var here = await StartAsync();
        var issued = await OpenAsync();
        using var learning = Learning(here);
        await learning.PollAsync(Ct);

        // By the other node.
        _clock.AdjustTime(_clock.GetUtcNow().AddHours(-3));
        await _store.RevokeAsync(Phone, Ct);
        await learning.PollAsync(Ct);

        Assert.True(here.IsVoid(Phone, issued));
    }

    [Fact]
    public async Task A_revocation_that_a_subscriber_could_not_take_in_is_told_again()
    {
        var (here, elsewhere) = (await StartAsync(), await StartAsync());
        await OpenAsync();
        await elsewhere.AddAsync(Phone, Ct);
        using var learning = Learning(here);
        _mediator.FailNextEvent();

        await Assert.ThrowsAsync<InvalidOperationException>(() => learning.PollAsync(Ct));
        await learning.PollAsync(Ct);

        Assert.Equal(new DeviceRevoked(Phone) { KeepData = true }, Assert.Single(_mediator.Published));
    }

    [Fact]
    public async Task What_the_node_itself_has_revoked_is_no_news()
    {
        var here = await StartAsync();
        await OpenAsync();
        await here.AddAsync(Phone, Ct);

        using var learning = Learning(here);
        await learning.PollAsync(Ct);

        Assert.Empty(_mediator.Published);
    }

    public void Dispose() => _stores.Dispose();

    private async Task<DateTimeOffset> OpenAsync() =>
        (await _store.OpenFamilyAsync(Phone, null, Tokens.NewFamily(), _clock.GetUtcNow().AddDays(30), 10, Ct))!.IssuedAt;

    private async Task<Revocations> StartAsync()
    {
        var revocations = new Revocations(_store, _bus, _options, _clock);
        await revocations.StartAsync(Ct);
        return revocations;
    }

    private RevocationPoller Learning(Revocations revocations) => new(
        revocations, new DeviceRegistrar(_store, new PendingRevocations(_store, _mediator), _mediator, _options), _mediator, _options, _clock, NullLogger<RevocationPoller>.Instance);
}
