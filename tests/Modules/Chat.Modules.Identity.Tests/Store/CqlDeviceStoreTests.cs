using Chat.BuildingBlocks.Errors;
using Chat.BuildingBlocks.Ids;
using Chat.BuildingBlocks.Storage.Cql;
using Chat.Modules.Identity.Store;
using Chat.Testing;

namespace Chat.Modules.Identity.Tests.Store;

public sealed class CqlDeviceStoreTests(CassandraServer server) : DeviceStoreContract, IClassFixture<CassandraServer>, IAsyncLifetime
{
    private static readonly DeviceAddress Phone = new(UserId.Parse("alice"), DeviceId.Parse("phone"));

    private ICqlSession _session = null!;
    private CqlDeviceStore? _store;

    private protected override IDeviceStore Store => _store!;

    private DateTimeOffset InAMonth => Clock.GetUtcNow().AddDays(30);

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Whatever_statement_a_host_dies_at_a_revocation_voids_all_or_nothing_and_asked_again_is_complete()
    {
        for (var (n, died) = (1, true); died; n++)
        {
            var token = Tokens.NewFamily();
            var issued = await Store.OpenFamilyAsync(Phone, null, token, InAMonth, 10, Ct);
            died = await DiesAsync(() => Open(FaultyCqlSession.DyingAt(_session, n)).RevokeAsync(Phone, Ct));

            var isThere = (await Store.GetDevicesAsync(Phone.User, Ct)).Count == 1;
            var rotated = await Store.RotateAsync(token, InAMonth, Ct);
            Assert.Equal(isThere ? RotationOutcome.Rotated : RotationOutcome.Unknown, rotated.Outcome);
            Assert.True(died || !isThere);

            await Store.RevokeAsync(Phone, Ct);
            Assert.Empty(await Store.GetDevicesAsync(Phone.User, Ct));
            Assert.Contains((await Store.GetRevocationsAsync(null, Ct)).Revocations, revocation => revocation.Device == Phone && revocation.At >= issued?.IssuedAt);
            Clock.Advance(TimeSpan.FromSeconds(1));
        }
    }

    [Fact]
    public async Task Whatever_statement_a_host_dies_at_a_login_can_be_done_again_and_takes_one_place()
    {
        for (var (n, died) = (1, true); died; n++)
        {
            died = await DiesAsync(() => Open(FaultyCqlSession.DyingAt(_session, n)).OpenFamilyAsync(Phone, null, Tokens.NewFamily(), InAMonth, 1, Ct));

            var token = Tokens.NewFamily();
            Assert.NotNull(await Store.OpenFamilyAsync(Phone, null, token, InAMonth, 1, Ct));
            Assert.Equal(RotationOutcome.Rotated, (await Store.RotateAsync(token, InAMonth, Ct)).Outcome);
            Assert.Single(await Store.GetDevicesAsync(Phone.User, Ct));
            await Store.RevokeAsync(Phone, Ct);
        }
    }

    [Fact]
    public async Task Whatever_statement_a_host_dies_at_a_rotation_is_answered_when_it_is_asked_for_again()
    {
        for (var (n, died) = (1, true); died; n++)
        {
            var token = Tokens.NewFamily();
            await Store.OpenFamilyAsync(Phone, null, token, InAMonth, 10, Ct);
            Clock.Advance(TimeSpan.FromSeconds(1));
            died = await DiesAsync(() => Open(FaultyCqlSession.DyingAt(_session, n)).RotateAsync(token, InAMonth, Ct));

            var again = await Store.RotateAsync(token, InAMonth, Ct);
            Assert.Equal(RotationOutcome.Rotated, again.Outcome);
            Assert.Equal(Tokens.NextOf(token).Reveal(), again.Next!.Reveal());
        }
    }

    [Fact]
    public async Task A_rotation_whose_answer_is_lost_has_happened_where_the_store_says_so()
    {
        var (token, lost) = (Tokens.NewFamily(), 0);
        await Store.OpenFamilyAsync(Phone, null, token, InAMonth, 10, Ct);
        var losing = Open(new FaultyCqlSession(_session, statement => Task.FromResult(
            statement.Cql.StartsWith("UPDATE identity_families", StringComparison.Ordinal) && Interlocked.Exchange(ref lost, 1) == 0 ? CqlFault.NotAnswered : CqlFault.None)));

        var rotated = await losing.RotateAsync(token, InAMonth, Ct);

        Assert.Equal(1, lost);
        Assert.Equal(RotationOutcome.Rotated, (await Store.RotateAsync(rotated.Next!, InAMonth, Ct)).Outcome);
    }

    [Fact]
    public async Task A_swept_device_is_gone_and_one_that_came_again_stays()
    {
        var laptop = Phone with { Device = DeviceId.Parse("laptop") };
        foreach (var device in new[] { Phone, laptop })
        {
            await Store.OpenFamilyAsync(device, null, Tokens.NewFamily(), InAMonth, 10, Ct);
            await Store.RevokeAsync(device, Ct);
        }
        Clock.Advance(TimeSpan.FromDays(1));
        await Store.OpenFamilyAsync(laptop, null, Tokens.NewFamily(), InAMonth, 10, Ct);

        await Store.SweepAsync(Clock.GetUtcNow(), Ct);

        Assert.Equal(laptop.Device, Assert.Single(await Store.GetDevicesAsync(Phone.User, Ct)).Id);
        var rows = await _session.ExecuteAsync(new CqlStatement("SELECT device_id FROM identity_devices WHERE user_id = 'alice'"), Ct);
        Assert.Equal("laptop", Assert.Single(rows.Rows).Get<string>(0));
        Assert.NotNull(await Store.OpenFamilyAsync(Phone, null, Tokens.NewFamily(), InAMonth, 2, Ct));
    }

    public async ValueTask InitializeAsync()
    {
        Assert.SkipWhen(CassandraServer.IsMissing, CassandraServer.Missing);
        _session = await server.OpenEmptyAsync("identity", typeof(CqlDeviceStore).Assembly, Ct);
        _store = Open(_session);
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private CqlDeviceStore Open(ICqlSession session) => new(session, Tokens, Clock);

    private static async Task<bool> DiesAsync(Func<Task> work)
    {
        try
        {
            await work();
            return false;
        }
        catch (StoreUnavailableException)
        {
            return true;
        }
    }
}
