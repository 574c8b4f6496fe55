using System.Net;
using Chat.Modules.Identity.Contracts;
using Microsoft.Extensions.Options;
using static Chat.Modules.Identity.Tests.TemporaryAccounts;

namespace Chat.Modules.Identity.Tests.Devices;

/// <summary>When other modules are told of a device.</summary>
public sealed class DeviceAddedTests : IDisposable
{
    private readonly TemporaryAccounts _identity = new();

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task The_first_login_of_a_device_adds_it_and_a_change_of_the_password_keeps_it()
    {
        Assert.True((await _identity.Accounts.RegisterAsync(Phone, null, Password, Ct)).IsOk);
        Assert.True((await _identity.Accounts.LogInAsync(Phone, null, Password, IPAddress.Loopback, Ct)).IsOk);
        Assert.True((await _identity.Accounts.LogInAsync(Laptop, null, Password, IPAddress.Loopback, Ct)).IsOk);
        Assert.Equal([new DeviceAdded(Phone), new DeviceAdded(Laptop)], _identity.Mediator.Published);

        Assert.True((await _identity.Change.ChangeAsync(Phone, Password, NewPassword, IPAddress.Loopback, Ct)).IsOk);

        // The connection of the device that keeps its session is closed too: somebody else may hold it.
        Assert.Equal(
            [new DeviceAdded(Phone), new DeviceAdded(Laptop), new DeviceRevoked(Laptop), new DeviceRevoked(Phone) { KeepData = true }],
            _identity.Mediator.Published);
    }

    [Fact]
    public async Task A_device_of_an_outside_issuer_is_added_by_its_first_token_and_by_the_first_after_its_revocation()
    {
        var options = Options.Create(new AuthOptions { Authority = "https://issuer.example", Audience = "chat" });
        var (known, revocations) = (_identity.RegistrarOf(options), _identity.RevocationsIn(_identity.Devices, options));
        Assert.True(await known.EnsureRegisteredAsync(Phone, Ct));
        Assert.True(await known.EnsureRegisteredAsync(Phone, Ct));
        Assert.Equal([new DeviceAdded(Phone)], _identity.Mediator.Published);

        await revocations.AddAsync(Phone, Ct);
        known.Forget(Phone);
        Assert.True(await known.EnsureRegisteredAsync(Phone, Ct));

        // Forgotten before it is added, though nobody finished its revocation.
        Assert.Equal([new DeviceAdded(Phone), new DeviceRevoked(Phone), new DeviceAdded(Phone)], _identity.Mediator.Published);
    }

    public void Dispose() => _identity.Dispose();
}
