using Chat.BuildingBlocks.Ids;
using Chat.BuildingBlocks.Mediation;
using Chat.Modules.Identity.Accounts;
using Chat.Modules.Identity.Devices;
using Chat.Modules.Identity.Store;
using Chat.Modules.Identity.Tokens;
using Chat.Testing;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Time.Testing;

namespace Chat.Modules.Identity.Tests;

/// <summary>The built-in accounts on real embedded stores.</summary>
internal sealed class TemporaryAccounts : IDisposable
{
    public const string Password = "correct horse";
    public const string NewPassword = "another horse";

    private readonly TemporaryStores _stores = new("identity", typeof(SqliteDeviceStore).Assembly);
    private readonly IOptions<AuthOptions> _options = Options.Create(new AuthOptions { PasswordIterations = 100_000 });
    private readonly FakeTimeProvider _clock = new(new DateTimeOffset(2026, 3, 1, 12, 0, 0, TimeSpan.Zero));
    private readonly PendingRevocations _pending;
    private readonly SigningKey _key;

    /// <param name="store">Put around the store of accounts.</param>
    /// <param name="devices">Put around the store of devices that a change of the password uses.</param>
    public TemporaryAccounts(Func<IAccountStore, IAccountStore>? store = null, Func<IDeviceStore, IDeviceStore>? devices = null)
    {
        var tokens = new RefreshTokens(new byte[32]);
        Devices = new SqliteDeviceStore(_stores.Database, tokens, _clock);
        _pending = new PendingRevocations(Devices, Mediator);
        var inner = new SqliteAccountStore(_stores.Database, _clock);
        Store = store?.Invoke(inner) ?? inner;
        _key = new SigningKey(_stores.Data);
        Passwords = NewPasswords(_options.Value);
        Accounts = new BuiltInAccounts(
            Store, Devices, Passwords, new AccessTokens(_key, _options, _clock), tokens, _pending,
            new PasswordThrottle(_options, Options.Create(new RateLimitOptions()), Devices, _stores.Meters, _clock), Mediator, _options, _clock,
            NullLogger<BuiltInAccounts>.Instance);
        var changed = devices?.Invoke(Devices) ?? Devices;
        Change = new PasswordChange(
            Accounts, Store, Passwords, changed, RevocationsIn(changed, _options), RegistrarOf(_options), _pending, Mediator, NullLogger<PasswordChange>.Instance);
    }

    public static DeviceAddress Phone { get; } = new(UserId.Parse("alice"), DeviceId.Parse("phone"));

    public static DeviceAddress Laptop { get; } = Phone with { Device = DeviceId.Parse("laptop") };

    public FakeMediator Mediator { get; } = new();

    public SqliteDeviceStore Devices { get; }

    public IAccountStore Store { get; }

    public Passwords Passwords { get; }

    public BuiltInAccounts Accounts { get; }

    public PasswordChange Change { get; }

    public Passwords NewPasswords(AuthOptions options) => new(Options.Create(options), _stores.Meters, _clock);

    public DeviceRegistrar RegistrarOf(IOptions<AuthOptions> options) => new(Devices, _pending, Mediator, options);

    public Revocations RevocationsIn(IDeviceStore devices, IOptions<AuthOptions> options) => new(devices, new FakeBus(), options, _clock);

    public void Dispose()
    {
        Passwords.Dispose();
        _key.Dispose();
        _stores.Dispose();
    }
}
