using Chat.Client;
using Chat.EndToEnd.Tests.Clients;
using Chat.EndToEnd.Tests.Running;

namespace Chat.EndToEnd.Tests.Scenarios;

public sealed class TypeScriptBufferingProxyTests(SharedServer server) : BufferingProxyContract(server)
{
    private protected override Task<IScriptedClients> StartAsync(bool signalR) => NodeClients.StartAsync(signalR ? "signalr" : "websocket");
}

public sealed class DotnetBufferingProxyTests(SharedServer server) : BufferingProxyContract(server)
{
    private protected override Task<IScriptedClients> StartAsync(bool signalR) =>
        Task.FromResult<IScriptedClients>(new DotnetClients(signalR ? ChatTransport.SignalR : ChatTransport.WebSocket));
}

/// <summary>Behind a proxy that lets no upgrade through and holds back what is streamed, every client library goes on to long polling.</summary>
public abstract class BufferingProxyContract(SharedServer server)
{
    // The ways before it are given up after 8 s each, and the machine may be busy.
    private static readonly TimeSpan _patience = TimeSpan.FromSeconds(90);

    private protected abstract Task<IScriptedClients> StartAsync(bool signalR);

    [Theory, InlineData(true), InlineData(false)]
    public async Task Clients_send_and_receive_through_a_proxy_that_buffers(bool signalR)
    {
        var host = await server.GetAsync();
        await using var proxy = await BufferingProxy.StartAsync(host.Address);
        await using var clients = await StartAsync(signalR);
        var (alice, bob) = (Account.UniqueId("alice"), Account.UniqueId("bob"));
        foreach (var user in new[] { alice, bob })
            await clients.OpenAsync(user, proxy.Address, new SignIn(user, "correct horse battery", Register: true));

        await clients.SendAsync(alice, $"@{bob}", ["hello"]);

        DeviceState? state = null;
        await Until.TrueAsync(
            async () => (state = await clients.StateAsync(bob)) is { CaughtUp: true, Conversations: [{ Messages: [{ Text: "hello" }] }] },
            "bob has it by his connection",
            () => $"{state?.Status}, {state?.Conversations.Count} conversations",
            _patience);
    }
}
