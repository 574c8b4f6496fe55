using System.Net;
using Chat.EndToEnd.Tests.Clients;
using Chat.EndToEnd.Tests.Running;
using Chat.Testing.Push;

namespace Chat.EndToEnd.Tests.Notifications;

/// <summary>A server, and Firebase Cloud Messaging as it knows it.</summary>
internal sealed class PushWorld : IAsyncDisposable
{
    private readonly string _folder;

    private PushWorld(FakeFcm fcm, ServerProcess server, string folder) => (Fcm, Server, _folder) = (fcm, server, folder);

    public FakeFcm Fcm { get; }

    public ServerProcess Server { get; }

    public static async Task<PushWorld> StartAsync(params (string Name, string Value)[] settings)
    {
        var fcm = await FakeFcm.StartAsync();
        var folder = Directory.CreateTempSubdirectory("chat-push-").FullName;
        var all = new Dictionary<string, string>
        {
            ["Push__Fcm__Endpoint"] = fcm.Origin,
            ["Push__Fcm__ServiceAccountFile"] = fcm.WriteServiceAccountTo(folder),
        };
        foreach (var (name, value) in settings)
            all[name] = value;
        return new PushWorld(fcm, await ServerProcess.StartAsync(all), folder);
    }

    /// <summary>Subscribes an account's device.</summary>
    /// <returns>Its address.</returns>
    public async Task<string> SubscribeAsync(Account account, string content = "none")
    {
        var token = Fcm.NewDevice();
        (await account.Rest.SendAsync(HttpMethod.Put, "/v1/push", $$"""{"kind":"fcm","token":"{{token}}","content":"{{content}}"}""")).Expect(HttpStatusCode.NoContent);
        return token;
    }

    /// <summary>What an address was told of a conversation, in order.</summary>
    public List<Received> Told(string address, string conversation) =>
        [.. Fcm.Received.Where(received => received.Address == address && received["conversationId"] == conversation)];

    public async ValueTask DisposeAsync()
    {
        await Server.DisposeAsync();
        await Fcm.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }
}
