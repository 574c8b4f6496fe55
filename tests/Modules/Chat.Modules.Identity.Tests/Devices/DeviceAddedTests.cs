using System.Net;
using Chat.BuildingBlocks.Ids;
using Chat.BuildingBlocks.Mediation;
using Chat.Modules.Identity.Accounts;
using Chat.Modules.Identity.Contracts;
using Chat.Modules.Identity.Devices;
using Chat.Modules.Identity.Store;
using Chat.Modules.Identity.Tokens;
using Chat.Testing;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Time.Testing;

namespace Chat.Modules.Identity.Tests.Devices;

/// <summary>When other modules are told of a device.</summary>
public sealed class DeviceAddedTests : IDisposable
{
    private const string Password = "correct horse";

    private static readonly DeviceAddress Phone = new(UserId.Parse("alice"), DeviceId.Parse("phone"));
    private static readonly DeviceAddress Laptop = Phone with { Device = DeviceId.Parse("laptop") };

    private readonly TemporaryStores _stores = new("identity", typeof(SqliteDeviceStore).Assembly);
    private readonly FakeTimeProvider _clock = new(new DateTimeOffset(2026, 3, 1, 12, 0, 0, TimeSpan.Zero));
    private readonly FakeMediator _mediator = new();
    private readonly RefreshTokens _tokens = new(new byte[32]);
    private readonly SqliteDeviceStore _devices;
    private readonly PendingRevocations _halfRevoked;

    public DeviceAddedTests()
    {
        _devices = new SqliteDeviceStore(_stores.Database, _tokens, _clock);
        _halfRevoked = new PendingRevocations(_devices, _mediator);
    }

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task The_first_login_of_a_device_adds_it_and_a_change_of_the_password_keeps_it()
    {
        var options = Options.Create(new AuthOptions { PasswordIterations = 100_000 });
        var store = new SqliteAccountStore(_stores.Database, _clock);
        using var key = new SigningKey(_stores.Data);
        using var passwords = new Passwords(options, _stores.Meters, _clock);
        var accounts = new BuiltInAccounts(
            store, _devices, passwords, new AccessTokens(key, options, _clock), _tokens, _halfRevoked,
            new PasswordThrottle(options, Options.Create(new RateLimitOptions()), _devices, _stores.Meters, _clock), _mediator, options, _clock,
            NullLogger<BuiltInAccounts>.Instance);
        var change = new PasswordChange(
            accounts, store, passwords, _devices, new Revocations(_devices, new FakeBus(), options, _clock),
            new DeviceRegistrar(_devices, _halfRevoked, _mediator, options), _halfRevoked, _mediator, NullLogger<PasswordChange>.Instance);

        Assert.True((await accounts.RegisterAsync(Phone, null, Password, Ct)).IsOk);
        Assert.True((await accounts.LogInAsync(Phone, null, Password, IPAddress.Loopback, Ct)).IsOk);
        Assert.True((await accounts.LogInAsync(Laptop, null, Password, IPAddress.Loopback, Ct)).IsOk);
        Assert.Equal([new DeviceAdded(Phone), new DeviceAdded(Laptop)], _mediator.Published);

        Assert.True((await change.ChangeAsync(Phone, Password, "another horse", IPAddress.Loopback, Ct)).IsOk);

        // The connection of the device that goes on ends too, whoever holds it.
        Assert.Equal(
            [new DeviceAdded(Phone), new DeviceAdded(Laptop), new DeviceRevoked(Laptop), new DeviceRevoked(Phone) { KeepData = true }],
            _mediator.Published);
    }

    [Fact]
    public async Task A_device_of_an_outside_issuer_is_added_by_its_first_token_and_by_the_first_after_its_revocation()
    {
        var options = Options.Create(new AuthOptions { Authority = "https://issuer.example", Audience = "chat" });
        var (known, revocations) = (new DeviceRegistrar(_devices, _halfRevoked, _mediator, options), new Revocations(_devices, new FakeBus(), options, _clock));
        Assert.True(await known.EnsureRegisteredAsync(Phone, Ct));
        Assert.True(await known.EnsureRegisteredAsync(Phone, Ct));
        Assert.Equal([new DeviceAdded(Phone)], _mediator.Published);

        await revocations.AddAsync(Phone, Ct);
        known.Forget(Phone);
        Assert.True(await known.EnsureRegisteredAsync(Phone, Ct));

        // Forgotten before it is added, though nobody finished its revocation.
        Assert.Equal([new DeviceAdded(Phone), new DeviceRevoked(Phone), new DeviceAdded(Phone)], _mediator.Published);
    }

    public void Dispose() => _stores.Dispose();
}
