using System.Net;
using System.Reflection;
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

namespace Chat.Modules.Identity.Tests.Accounts;

/// <summary>What becomes of sessions where something happens while a password is checked or changed.</summary>
public sealed class SessionsTests : IDisposable
{
    private const string Password = "correct horse";
    private const string New = "another horse";

    private static readonly DeviceAddress Phone = new(UserId.Parse("alice"), DeviceId.Parse("phone"));
    private static readonly DeviceAddress Laptop = Phone with { Device = DeviceId.Parse("laptop") };

    private readonly TemporaryStores _stores = new("identity", typeof(SqliteDeviceStore).Assembly);
    private readonly FakeTimeProvider _clock = new(new DateTimeOffset(2026, 3, 1, 12, 0, 0, TimeSpan.Zero));
    private readonly FakeMediator _mediator = new();
    private readonly RefreshTokens _tokens = new(new byte[32]);
    private readonly IOptions<AuthOptions> _options = Options.Create(new AuthOptions { PasswordIterations = 100_000 });
    private readonly SqliteDeviceStore _devices;
    private readonly PendingRevocations _halfRevoked;
    private readonly InterruptedAccountStore _store;
    private readonly SigningKey _key;
    private readonly Passwords _passwords;
    private readonly BuiltInAccounts _accounts;
    private readonly PasswordChange _change;

    public SessionsTests()
    {
        _devices = new SqliteDeviceStore(_stores.Database, _tokens, _clock);
        _halfRevoked = new PendingRevocations(_devices, _mediator);
        _store = new InterruptedAccountStore(new SqliteAccountStore(_stores.Database, _clock));
        _key = new SigningKey(_stores.Data);
        _passwords = new Passwords(_options, _stores.Meters, _clock);
        _accounts = new BuiltInAccounts(
            _store, _devices, _passwords, new AccessTokens(_key, _options, _clock), _tokens, _halfRevoked,
            new PasswordThrottle(_options, Options.Create(new RateLimitOptions()), _devices, _stores.Meters, _clock), _mediator, _options, _clock,
            NullLogger<BuiltInAccounts>.Instance);
        var devices = AttentiveDeviceStore.Of(_devices);
        _change = new PasswordChange(
            _accounts, _store, _passwords, devices, new Revocations(devices, new FakeBus(), _options, _clock),
            new DeviceRegistrar(_devices, _halfRevoked, _mediator, _options), _halfRevoked, _mediator, NullLogger<PasswordChange>.Instance);
    }

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_client_that_hangs_up_once_its_password_is_changed_leaves_no_other_session_alive()
    {
        await _accounts.RegisterAsync(Phone, null, Password, Ct);
        await _accounts.LogInAsync(Laptop, null, Password, IPAddress.Loopback, Ct);
        using var client = new CancellationTokenSource();
        _store.AfterReplacing = client.CancelAsync;

        await _change.ChangeAsync(Phone, Password, New, IPAddress.Loopback, client.Token);

        Assert.Equal([Phone.Device], (await _devices.GetDevicesAsync(Phone.User, Ct)).Select(device => device.Id));
    }

    [Fact]
    public async Task A_changed_password_finishes_the_revocations_that_were_left_half_done()
    {
        await _accounts.RegisterAsync(Phone, null, Password, Ct);
        await _accounts.LogInAsync(Laptop, null, Password, IPAddress.Loopback, Ct);
        await _devices.RevokeAsync(Laptop, Ct);

        Assert.True((await _change.ChangeAsync(Phone, Password, New, IPAddress.Loopback, Ct)).IsOk);

        Assert.Empty(await _devices.GetPendingRevocationsAsync(Phone.User, Ct));
    }

    [Theory]
    [InlineData(Password, true)]
    [InlineData(New, false)]
    public async Task A_login_whose_old_hash_another_has_replaced_is_let_in_where_the_password_is_still_right(string nowIs, bool isLetIn)
    {
        using var older = new Passwords(Options.Create(new AuthOptions { PasswordIterations = 50_000 }), _stores.Meters, _clock);
        var old = (await older.HashAsync(Password, Ct)).Value;
        await _store.AddAsync(Phone.User, old, Ct);
        var renewed = (await _passwords.HashAsync(nowIs, Ct)).Value;
        _store.BeforeReplacing = () => _store.Inner.ReplacePasswordHashAsync(Phone.User, old, renewed, Ct);

        var login = await _accounts.LogInAsync(Phone, null, Password, IPAddress.Loopback, Ct);

        Assert.Equal(isLetIn, login.IsOk);
        Assert.Equal(renewed, await _store.FindPasswordHashAsync(Phone.User, Ct));
    }

    public void Dispose()
    {
        _passwords.Dispose();
        _key.Dispose();
        _stores.Dispose();
    }

    /// <summary>Begins nothing for a caller that has hung up, as any store may.</summary>
    public class AttentiveDeviceStore : DispatchProxy
    {
        private IDeviceStore _inner = null!;

        internal static IDeviceStore Of(IDeviceStore inner)
        {
            var store = Create<IDeviceStore, AttentiveDeviceStore>();
            ((AttentiveDeviceStore)store)._inner = inner;
            return store;
        }

        protected override object? Invoke(MethodInfo? targetMethod, object?[]? args)
        {
            if (args is [.., CancellationToken ct])
                ct.ThrowIfCancellationRequested();
            return targetMethod!.Invoke(_inner, args);
        }
    }

    /// <summary>Something happens right before or after a hash is replaced.</summary>
    private sealed class InterruptedAccountStore(IAccountStore inner) : IAccountStore
    {
        public IAccountStore Inner => inner;

        public Func<Task>? BeforeReplacing { get; set; }

        public Func<Task>? AfterReplacing { get; set; }

        public Task<bool> AddAsync(UserId user, string passwordHash, CancellationToken ct) => inner.AddAsync(user, passwordHash, ct);

        public Task<string?> FindPasswordHashAsync(UserId user, CancellationToken ct) => inner.FindPasswordHashAsync(user, ct);

        public async Task<bool> ReplacePasswordHashAsync(UserId user, string old, string renewed, CancellationToken ct)
        {
            await (BeforeReplacing?.Invoke() ?? Task.CompletedTask);
            var replaced = await inner.ReplacePasswordHashAsync(user, old, renewed, ct);
            await (AfterReplacing?.Invoke() ?? Task.CompletedTask);
            return replaced;
        }
    }
}
