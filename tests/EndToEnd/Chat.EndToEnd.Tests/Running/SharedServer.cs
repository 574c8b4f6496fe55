using Chat.EndToEnd.Tests.Clients;
using Chat.EndToEnd.Tests.Running;

[assembly: AssemblyFixture(typeof(SharedServer))]

namespace Chat.EndToEnd.Tests.Running;

/// <summary>One server with its default settings, rate limits off, for every test that harms nobody. Users are never shared.</summary>
public sealed class SharedServer : IAsyncDisposable
{
    private readonly Lazy<Task<ServerProcess>> _server = new(() => ServerProcess.StartAsync());

    internal Task<ServerProcess> GetAsync() => _server.Value;

    /// <summary>A new user on a device, logged in; ids begin with <paramref name="name"/>.</summary>
    internal async Task<Account> NewUserAsync(string name, string device = "phone") =>
        await Account.RegisterAsync(await GetAsync(), Account.UniqueId(name), device);

    public async ValueTask DisposeAsync()
    {
        if (_server.IsValueCreated)
            await (await _server.Value).DisposeAsync();
    }
}
