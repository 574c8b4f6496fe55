using System.Net;
using System.Text.Json;
using Chat.EndToEnd.Tests.Running;

namespace Chat.EndToEnd.Tests.Clients;

/// <summary>A user logged in on one device of one server.</summary>
internal sealed class Account
{
    public const string Password = "correct horse battery staple";
    private static int _last;

    private Account(ServerProcess server, string userId, string deviceId, JsonElement tokens)
        : this(server, userId, deviceId, tokens.Text("accessToken"), tokens.Text("refreshToken"))
    {
    }

    private Account(ServerProcess server, string userId, string deviceId, string accessToken, string refreshToken)
    {
        Server = server;
        UserId = userId;
        DeviceId = deviceId;
        AccessToken = accessToken;
        RefreshToken = refreshToken;
        Rest = new RestClient(server.Address, AccessToken);
    }

    public ServerProcess Server { get; }

    public string UserId { get; }

    public string DeviceId { get; }

    public string AccessToken { get; }

    public string RefreshToken { get; }

    public RestClient Rest { get; }

    /// <summary>A user id that no other test has.</summary>
    public static string UniqueId(string name) => $"{name}-{Interlocked.Increment(ref _last)}";

    public static async Task<Account> RegisterAsync(ServerProcess server, string userId, string deviceId = "phone")
    {
        var answer = await new RestClient(server.Address).PostAsync("/v1/auth/register", Credentials(userId, deviceId));
        return new Account(server, userId, deviceId, answer.Expect(HttpStatusCode.Created));
    }

    public static async Task<List<Account>> RegisterManyAsync(ServerProcess server, string name, int count)
    {
        var accounts = new List<Account>();
        for (var i = 0; i < count; i++)
            accounts.Add(await RegisterAsync(server, UniqueId(name)));

        return accounts;
    }

    /// <summary>The same user on a device, a further one or this one anew.</summary>
    public Task<Account> LogInAsync(string deviceId) => LogInAsync(Server, UserId, deviceId);

    public static async Task<Account> LogInAsync(ServerProcess server, string userId, string deviceId)
    {
        var answer = await new RestClient(server.Address).PostAsync("/v1/auth/login", Credentials(userId, deviceId));
        return new Account(server, userId, deviceId, answer.Expect(HttpStatusCode.OK));
    }

    /// <summary>The same device with the same tokens at another server of the cluster.</summary>
    public Account At(ServerProcess server) => new(server, UserId, DeviceId, AccessToken, RefreshToken);

    /// <summary>The direct conversation with another user.</summary>
    public string DirectTo(Account other) => Direct(UserId, other.UserId);

    public static string Direct(string one, string other) =>
        string.CompareOrdinal(one, other) < 0 ? $"dm:{one}:{other}" : $"dm:{other}:{one}";

    /// <summary>A group of this user, its owner, and others.</summary>
    /// <returns>Its conversationId.</returns>
    public async Task<string> CreateGroupAsync(string title, params IEnumerable<Account> members)
    {
        var answer = await Rest.PostAsync("/v1/groups", new { title, members = members.Select(m => m.UserId).ToArray() });
        return answer.Expect(HttpStatusCode.Created).Text("conversationId");
    }

    public Task<WireClient> ConnectAsync() => WireClient.ConnectAsync(this);

    /// <summary>Connects and waits until everything that waited was sent.</summary>
    public async Task<WireClient> ConnectCaughtUpAsync()
    {
        var client = await ConnectAsync();
        await client.ExpectAsync("caughtUp");
        return client;
    }

    private static object Credentials(string userId, string deviceId) => new { userId, password = Password, deviceId };
}
