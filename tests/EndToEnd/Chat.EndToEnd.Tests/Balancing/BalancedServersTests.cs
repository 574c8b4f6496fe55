using System.Globalization;
using System.Net;
using System.Text;
using Chat.Client;
using Chat.EndToEnd.Tests.Clients;
using Chat.EndToEnd.Tests.Running;
using Chat.EndToEnd.Tests.Scenarios;
using Chat.Testing;

namespace Chat.EndToEnd.Tests.Balancing;

/// <summary>The client libraries on every transport, through a real load balancer, to three real servers.</summary>
public sealed class BalancedServersTests(SeveralServers shared) : IClassFixture<SeveralServers>, IAsyncLifetime
{
    private const string HaProxyName = "haproxy";
    private const string NginxName = "nginx";
    private const int LoginsPerMinute = 30;

    private IReadOnlyList<ServerProcess> Servers => shared.Servers;

    public async ValueTask InitializeAsync()
    {
        Assert.SkipWhen(Database.IsMissing, Database.Missing);
        Assert.SkipWhen(RedisServer.IsMissing, RedisServer.Missing);
        await shared.StartAsync(() => new Dictionary<string, string>
        {
            ["Operations__Port"] = FreePort.Next().ToString(CultureInfo.InvariantCulture),
            ["Http__TrustedProxies__0"] = "127.0.0.1",
            ["RateLimits__Enabled"] = "true",
            ["RateLimits__RegistrationsPerMinute"] = "1000",
            ["RateLimits__LoginsPerMinute"] = LoginsPerMinute.ToString(CultureInfo.InvariantCulture),
        });
    }

    public ValueTask DisposeAsync() => default;

    [Theory, InlineData(HaProxyName), InlineData(NginxName)]
    public async Task Clients_on_every_transport_lose_and_double_nothing_while_servers_leave_and_die(string name)
    {
        await using var balancer = await StartAsync(name);
        await using var devices = await OpenAsync(balancer);
        var group = await devices.CreateGroupAsync();
        await devices.SendAsync(group);
        await devices.ExpectAllAsync(group);

        var leaving = await BusiestAsync();
        leaving.Terminate();
        await devices.SendAsync(group);
        Assert.Equal(0, await leaving.ExitAsync());
        await devices.SendAsync(group);
        await devices.ExpectAllAsync(group);
        await leaving.StartAgainAsync();

        var dying = await BusiestAsync();
        await devices.SendAsync(group);
        await dying.KillHardAsync();
        await devices.SendAsync(group);
        await devices.ExpectAllAsync(group);
        await dying.StartAgainAsync();
    }

    [Theory, InlineData(HaProxyName), InlineData(NginxName)]
    public async Task A_device_whose_hint_leads_to_another_server_loses_nothing(string name)
    {
        await using var balancer = await StartAsync(name);
        var alice = await Account.RegisterAsync(Servers[0], Account.UniqueId("alice"));
        var bob = await Account.RegisterAsync(Servers[0], Account.UniqueId("bob"));
        var devices = new List<WireClient>();
        for (var i = 0; i < 12; i++)
        {
            var device = await bob.LogInAsync($"device-{i}");
            devices.Add(await WireClient.ConnectAsync(balancer.Address, $"/ws?user=somebody-{i}", device.AccessToken, handler: balancer.NewHandler(), ct: TestContext.Current.CancellationToken));
            await devices[i].ExpectAsync("caughtUp");
        }
        Assert.True((await ConnectionsAsync()).Count(connections => connections > 0) > 1, "All hints lead to one server.");

        await using var sender = await WireClient.ConnectAsync(balancer.Address, $"/ws?user={alice.UserId}", alice.AccessToken, handler: balancer.NewHandler(), ct: TestContext.Current.CancellationToken);
        for (var number = 1; number <= 5; number++)
            await sender.SendTextAsync(alice.DirectTo(bob), $"{number}", $"{number}");

        foreach (var device in devices)
        {
            var received = await device.ReceiveUpToAsync(alice.DirectTo(bob), 5);
            Assert.Equal([1, 2, 3, 4, 5], received.Select(message => message.Number("seqNo")));
            await device.DisposeAsync();
        }
    }

    [Theory, InlineData(HaProxyName), InlineData(NginxName)]
    public async Task Addresses_are_limited_by_the_clients_own_and_not_by_the_balancers(string name)
    {
        await using var balancer = await StartAsync(name);
        // Another one for each balancer, as the rate is kept.
        var (one, other) = name == HaProxyName ? ("127.0.0.21", "127.0.0.22") : ("127.0.0.31", "127.0.0.32");

        var asked = 0;
        await Until.TrueAsync(async () => ++asked > 0 && await RefreshAsync(one) == HttpStatusCode.TooManyRequests, "the address is over its rate");

        Assert.True(asked > LoginsPerMinute / 2, $"It was refused after {asked}.");
        // Some are let through meanwhile, as time passes; all would be, if what is claimed counted.
        var claimed = 0;
        await Until.TrueAsync(
            async () => await RefreshAsync(one, claimed: $"127.0.1.{++claimed % 250}") == HttpStatusCode.TooManyRequests, "what a client claims does not count");
        Assert.Equal(HttpStatusCode.Unauthorized, await RefreshAsync(other));

        async Task<HttpStatusCode> RefreshAsync(string from, string? claimed = null)
        {
            using var client = new HttpClient(balancer.NewHandler(IPAddress.Parse(from))) { BaseAddress = balancer.Address };
            using var request = new HttpRequestMessage(HttpMethod.Post, "/v1/auth/refresh?user=alice")
            {
                Content = new StringContent("""{"refreshToken":"none"}""", Encoding.UTF8, "application/json"),
            };
            if (claimed is not null)
                request.Headers.Add("X-Forwarded-For", claimed);
            using var answer = await client.SendAsync(request, TestContext.Current.CancellationToken);
            return answer.StatusCode;
        }
    }

    private async Task<Balancer> StartAsync(string name)
    {
        var places = Servers.Select(server => new BalancedServer(server.Address.Port, server.OperationsAddress.Port)).ToList();
        return name == HaProxyName ? await HaProxy.StartAsync(places) : await Nginx.StartAsync(places);
    }

    private static async Task<Devices> OpenAsync(Balancer balancer)
    {
        var authority = balancer.CertificateFile;
        var devices = new Devices();
        foreach (var transport in new[] { "websocket", "signalr", "serverSentEvents", "longPolling" })
            await devices.AddAsync($"node-{transport}", await NodeClients.StartAsync(transport, authority), balancer.Address);
        foreach (var transport in Enum.GetValues<ChatTransport>())
            await devices.AddAsync($"dotnet-{transport}", new DotnetClients(transport, () => balancer.NewHandler()), balancer.Address);
        return devices;
    }

    private Task<double[]> ConnectionsAsync() => Task.WhenAll(Servers.Select(server => server.MetricAsync("chat_connections")));

    private async Task<ServerProcess> BusiestAsync()
    {
        var connections = await ConnectionsAsync();
        return Servers[connections.IndexOf(connections.Max())];
    }

    /// <summary>One device of one user for each client library and transport, all in one group.</summary>
    private sealed class Devices : IAsyncDisposable
    {
        private readonly Dictionary<string, IScriptedClients> _devices = [];
        private readonly List<string> _users = [];
        private readonly List<string> _sent = [];

        public async Task AddAsync(string device, IScriptedClients clients, Uri server)
        {
            _devices[device] = clients;
            _users.Add(Account.UniqueId(device));
            await clients.OpenAsync(device, server, new SignIn(_users[^1], Account.Password, Register: true));
        }

        public async Task<string> CreateGroupAsync()
        {
            var (device, clients) = _devices.First();
            return await clients.CreateGroupAsync(device, "All", _users);
        }

        public async Task SendAsync(string group)
        {
            foreach (var (device, clients) in _devices)
            {
                var texts = Enumerable.Range(_sent.Count, 3).Select(number => string.Create(CultureInfo.InvariantCulture, $"{number} {device}")).ToList();
                _sent.AddRange(texts);
                await clients.SendAsync(device, group, texts);
            }
        }

        /// <summary>Waits until every device shows all messages, each once, and all devices in the same order.</summary>
        public async Task ExpectAllAsync(string group)
        {
            var shown = new List<IReadOnlyList<string>>();
            foreach (var (device, clients) in _devices)
            {
                DeviceState? state = null;
                await Until.TrueAsync(
                    async () => (state = await clients.StateAsync(device)) is { Status: "online", CaughtUp: true }
                        && state.Conversations.SingleOrDefault(c => c.Id == group) is { Waiting: 0 } conversation && conversation.Messages.Count >= _sent.Count,
                    $"{device} has all of {_sent.Count}",
                    () => $"{state?.Status}, {state?.CaughtUp}: {string.Join(", ", state?.Conversations.Select(c => $"{c.Messages.Count} and {c.Waiting} waiting") ?? [])}");
                shown.Add([.. state!.Conversations.Single(c => c.Id == group).Messages.Select(message => message.Text)]);
            }

            Assert.All(shown, texts => Assert.Equal(shown[0], texts));
            Assert.Equal(_sent.Order(StringComparer.Ordinal), shown[0].Order(StringComparer.Ordinal));
        }

        public async ValueTask DisposeAsync()
        {
            foreach (var clients in _devices.Values)
                await clients.DisposeAsync();
        }
    }
}
