using System.Net;
using System.Reflection;
using Chat.BuildingBlocks.Ids;
using Chat.Modules.Identity.Store;
using static Chat.Modules.Identity.Tests.TemporaryAccounts;

namespace Chat.Modules.Identity.Tests.Accounts;

/// <summary>What becomes of sessions where something happens while a password is checked or changed.</summary>
public sealed class SessionsTests : IDisposable
{
    private readonly TemporaryAccounts _identity = new(store => new InterruptedAccountStore(store), AttentiveDeviceStore.Of);

    private InterruptedAccountStore Store => (InterruptedAccountStore)_identity.Store;

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_client_that_hangs_up_once_its_password_is_changed_leaves_no_other_session_alive()
    {
        await _identity.Accounts.RegisterAsync(Phone, null, Password, Ct);
        await _identity.Accounts.LogInAsync(Laptop, null, Password, IPAddress.Loopback, Ct);
        using var client = new CancellationTokenSource();
        Store.AfterReplacing = client.CancelAsync;

        await _identity.Change.ChangeAsync(Phone, Password, NewPassword, IPAddress.Loopback, client.Token);

        Assert.Equal([Phone.Device], (await _identity.Devices.GetDevicesAsync(Phone.User, Ct)).Select(device => device.Id));
    }

    [Fact]
    public async Task A_changed_password_finishes_the_revocations_that_were_left_half_done()
    {
        await _identity.Accounts.RegisterAsync(Phone, null, Password, Ct);
        await _identity.Accounts.LogInAsync(Laptop, null, Password, IPAddress.Loopback, Ct);
        await _identity.Devices.RevokeAsync(Laptop, Ct);

        Assert.True((await _identity.Change.ChangeAsync(Phone, Password, NewPassword, IPAddress.Loopback, Ct)).IsOk);

        Assert.Empty(await _identity.Devices.GetPendingRevocationsAsync(Phone.User, Ct));
    }

    [Theory]
    [InlineData(Password, true)]
    [InlineData(NewPassword, false)]
    public async Task A_login_whose_old_hash_another_has_replaced_is_let_in_where_the_password_is_still_right(string nowIs, bool isLetIn)
    {
        using var older = _identity.NewPasswords(new AuthOptions { PasswordIterations = 50_000 });
        var old = (await older.HashAsync(Password, Ct)).Value;
        await Store.AddAsync(Phone.User, old, Ct);
        var renewed = (await _identity.Passwords.HashAsync(nowIs, Ct)).Value;
        Store.BeforeReplacing = () => Store.Inner.ReplacePasswordHashAsync(Phone.User, old, renewed, Ct);

        var login = await _identity.Accounts.LogInAsync(Phone, null, Password, IPAddress.Loopback, Ct);

        Assert.Equal(isLetIn, login.IsOk);
        Assert.Equal(renewed, await Store.FindPasswordHashAsync(Phone.User, Ct));
    }

    public void Dispose() => _identity.Dispose();

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
