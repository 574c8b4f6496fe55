using System.Security.Cryptography;
using Chat.Client.Tests.EndToEnd;
using Chat.EndToEnd.Tests.Running;

[assembly: AssemblyFixture(typeof(ChatServer))]

namespace Chat.Client.Tests.EndToEnd;

/// <summary>One real server for every test that harms nobody, and what tests say to clients of it.</summary>
public sealed class ChatServer : IAsyncDisposable
{
    public const string Password = "correct horse battery";
    private readonly Lazy<Task<ServerProcess>> _server = new(() => ServerProcess.StartAsync());

    internal Task<ServerProcess> GetAsync() => _server.Value;

    public async ValueTask DisposeAsync()
    {
        if (_server.IsValueCreated)
            await (await _server.Value).DisposeAsync();
    }

    public static string UniqueId(string name) => $"{name}-{RandomNumberGenerator.GetHexString(8, lowercase: true)}";

    internal static Task<ChatClient> OpenAsync(ServerProcess server, ChatTransport transport, IChatStore? store = null) => ChatClient.OpenAsync(
        new ChatClientOptions { Url = server.Address, Transport = transport, Store = store ?? new MemoryStore() }, TestContext.Current.CancellationToken);

    /// <summary>A new user, online and caught up.</summary>
    internal static async Task<ChatClient> NewUserAsync(ServerProcess server, ChatTransport transport, string name, IChatStore? store = null)
    {
        var client = await OpenAsync(server, transport, store);
        await client.RegisterAsync(UniqueId(name), Password, "test", TestContext.Current.CancellationToken);
        await OnlineAsync(client);
        return client;
    }

    internal static Task OnlineAsync(ChatClient client) =>
        Until.TrueAsync(() => client.Connection is { Status: ConnectionStatus.Online, CaughtUp: true }, "the client is online", () => client.Connection.ToString());

    internal static Task ShowsAsync(Timeline timeline, params string[] texts) => Until.TrueAsync(
        () => timeline.Messages.Select(message => message.Text).SequenceEqual(texts) && timeline.Outgoing.Count == 0,
        $"the timeline shows [{string.Join(", ", texts)}]",
        () => $"It shows [{string.Join(", ", timeline.Messages.Select(message => message.Text))}], outgoing {timeline.Outgoing.Count}, error {timeline.Error}");
}
