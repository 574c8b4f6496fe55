using System.Buffers.Text;
using System.Collections.Concurrent;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Net.WebSockets;
using System.Text;
using System.Text.Json;
using Chat.EndToEnd.Tests.Running;

namespace Chat.EndToEnd.Tests.Balancing;

/// <summary>What every load balancer of deploy/ does, seen with servers that say who they are.</summary>
public abstract class BalancerContract : IAsyncLifetime
{
    private readonly StandIn[] _servers = [new("chat1"), new("chat2"), new("chat3")];
    private readonly ConcurrentBag<HttpClient> _clients = [];
    private Balancer? _balancer;

    private protected Balancer It => _balancer ?? throw new InvalidOperationException("Not started.");

    private protected IReadOnlyList<StandIn> Servers => _servers;

    private protected IReadOnlyList<BalancedServer> Places => [.. _servers.Select(server => server.Place)];

    private protected abstract Task<Balancer> StartAsync(IReadOnlyList<BalancedServer?> servers, bool behindProxy = false);

    /// <summary>Waits until the load balancer knows that a server is not ready, if it asks.</summary>
    private protected abstract Task ExpectNotReadyAsync(StandIn server);

    public async ValueTask InitializeAsync()
    {
        foreach (var server in _servers)
            await server.StartAsync();
        _balancer = await StartAsync(Places);
    }

    [Fact]
    public async Task A_user_has_one_server_whatever_it_asks_and_wherever_it_is()
    {
        var serversUsed = new HashSet<string>();
        foreach (var user in Users(12))
        {
            var home = await ServerOfAsync($"/v1/conversations?limit=1&user={user}");
            foreach (var from in new[] { "127.0.0.2", "127.0.0.3" })
            {
                Assert.Equal(home, await ServerOfAsync($"/v1/groups/g:1?user={user}", from: from));
                Assert.Equal(home, await ServerOfAsync($"/v1/auth/refresh?user={user}", HttpMethod.Post, from: from));
                var id = await NegotiateAsync(user, from);
                Assert.Equal(home, await ServerOfAsync($"/hub?user={user}&id={id}", HttpMethod.Post, from: from));
            }
            using var socket = await ConnectAsync($"/ws?user={user}&access_token=x");
            Assert.Equal(home, await HearAsync(socket));
            serversUsed.Add(home);
        }

        Assert.Equal(_servers.Select(server => server.Name).ToHashSet(), serversUsed);
    }

    [Fact]
    public async Task When_a_server_dies_its_users_move_and_the_others_stay()
    {
        var users = Users(40).ToList();
        var before = await HomesAsync(users);

        await _servers[1].KillAsync();
        // At once, and nobody sees an error.
        var meanwhile = await HomesAsync(users);
        await ExpectNotReadyAsync(_servers[1]);
        var after = await HomesAsync(users);

        Assert.DoesNotContain("chat2", after.Values);
        Assert.Contains("chat2", before.Values);
        Assert.DoesNotContain("chat2", meanwhile.Values);
        Assert.All(users.Where(user => before[user] != "chat2"), user => Assert.Equal((before[user], before[user]), (meanwhile[user], after[user])));
        Assert.Equal(["chat1", "chat3"], users.Where(user => before[user] == "chat2").Select(user => after[user]).Distinct().Order(StringComparer.Ordinal));
        await _servers[1].StartAsync();
        await ComesBackAsync(before, after);
    }

    /// <summary>The second server is there again: its users return to it, and nobody else moves.</summary>
    private protected abstract Task ComesBackAsync(IReadOnlyDictionary<string, string> before, IReadOnlyDictionary<string, string> after);

    [Fact]
    public async Task When_a_server_is_taken_out_of_the_configuration_the_users_of_the_others_stay()
    {
        var users = Users(40).ToList();
        var before = await HomesAsync(users);

        await It.DisposeAsync();
        _balancer = await StartAsync([Places[0], null, Places[2]]);
        var after = await HomesAsync(users);

        Assert.DoesNotContain("chat2", after.Values);
        Assert.All(users.Where(user => before[user] != "chat2"), user => Assert.Equal(before[user], after[user]));
    }

    [Fact]
    public async Task A_server_that_is_leaving_gets_no_new_connections_and_keeps_those_it_has()
    {
        var user = await UserOfAsync("chat1");
        using var socket = await ConnectAsync($"/ws?user={user}");
        Assert.Equal("chat1", await HearAsync(socket));
        var id = await NegotiateAsync(user);
        using var stream = await StreamAsync($"/hub?user={user}&id={id}");
        var events = new StreamReader(await stream.Content.ReadAsStreamAsync(TestContext.Current.CancellationToken), Encoding.UTF8);

        _servers[0].IsLeaving = true;
        // Before its readiness was asked.
        await ExpectElsewhereAsync();
        await ExpectStillThereAsync("one");
        _servers[0].IsReady = false;
        await ExpectNotReadyAsync(_servers[0]);
        await ExpectElsewhereAsync();
        await ExpectStillThereAsync("two");

        async Task ExpectElsewhereAsync()
        {
            using var other = await ConnectAsync($"/ws?user={user}");
            Assert.NotEqual("chat1", await HearAsync(other));
            var newId = await NegotiateAsync(user);
            using var newStream = await StreamAsync($"/hub?user={user}&id={newId}");
            var elsewhere = NameOf(newStream);
            Assert.NotEqual("chat1", elsewhere);
            Assert.Equal(elsewhere, await ServerOfAsync($"/hub?user={user}&id={newId}", HttpMethod.Post));
            // SignalR's WebSocket has an id as well.
            using var hub = await ConnectAsync($"/hub?user={user}&id={await NegotiateAsync(user)}");
            Assert.NotEqual("chat1", await HearAsync(hub));
        }

        async Task ExpectStillThereAsync(string text)
        {
            await SayAsync(socket, text);
            Assert.Equal(text, await HearAsync(socket));
            _servers[0].Push(id, text);
            Assert.Equal(text, await events.ReadLineAsync(TestContext.Current.CancellationToken).AsTask().WaitAsync(Until.Patience, TestContext.Current.CancellationToken));
            Assert.Equal("chat1", await ServerOfAsync($"/hub?user={user}&id={id}", HttpMethod.Post));
        }
    }

    [Fact]
    public async Task Server_sent_events_pass_one_by_one()
    {
        var id = await NegotiateAsync("alice");
        using var stream = await StreamAsync($"/hub?user=alice&id={id}");
        var events = new StreamReader(await stream.Content.ReadAsStreamAsync(TestContext.Current.CancellationToken), Encoding.UTF8);
        var server = _servers.Single(server => server.Name == NameOf(stream));

        foreach (var text in new[] { "one", "two", "three" })
        {
            server.Push(id, text);
            Assert.Equal(text, await events.ReadLineAsync(TestContext.Current.CancellationToken).AsTask().WaitAsync(Until.Patience, TestContext.Current.CancellationToken));
        }
    }

    [Fact]
    public async Task A_request_that_a_server_got_is_not_sent_to_another()
    {
        using var answer = await AskAsync("/break?user=alice", HttpMethod.Post);

        await ExpectUnavailableAsync(answer);
        Assert.Single(_servers.SelectMany(server => server.Requests));
    }

    [Fact]
    public async Task A_client_that_collects_refusals_takes_no_server_from_the_others()
    {
        var users = Users(12).ToList();
        var before = await HomesAsync(users);

        foreach (var server in _servers)
            server.IsLeaving = true;
        for (var i = 0; i < 10; i++)
        {
            using var unavailable = await AskAsync("/ws?user=alice");
            Assert.Equal(HttpStatusCode.ServiceUnavailable, unavailable.StatusCode);
            using var forbidden = await AskAsync($"/hub?user=alice&id={i}");
            Assert.Equal(HttpStatusCode.Forbidden, forbidden.StatusCode);
        }

        Assert.Equal(before, await HomesAsync(users));
    }

    [Fact]
    public async Task Without_a_server_the_client_is_told_to_come_again()
    {
        foreach (var server in _servers)
            await server.KillAsync();

        using var answer = await AskAsync("/v1/conversations?user=alice");

        await ExpectUnavailableAsync(answer);
    }

    [Fact]
    public async Task The_server_is_told_the_clients_address_and_what_the_client_claims_is_gone()
    {
        using var answer = await AskAsync("/v1/devices?user=alice", from: "127.0.0.7", headers: request =>
        {
            request.Headers.Add("X-Forwarded-For", "6.6.6.6");
            request.Headers.Add("X-Forwarded-Proto", "http");
        });

        var seen = (await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken)).Split('\n');
        Assert.Equal("x-forwarded-for: 127.0.0.7", Assert.Single(seen, header => header.StartsWith("x-forwarded-for:", StringComparison.Ordinal)));
        Assert.Equal("x-forwarded-proto: https", Assert.Single(seen, header => header.StartsWith("x-forwarded-proto:", StringComparison.Ordinal)));
        Assert.Contains($"host: {It.Address.Authority}", seen);
    }

    [Fact]
    public async Task Behind_a_proxy_of_connections_the_address_is_the_one_it_names()
    {
        await using var behind = await StartAsync(Places, behindProxy: true);
        using var socket = new TcpClient();
        await socket.ConnectAsync(IPAddress.Loopback, behind.Port, TestContext.Current.CancellationToken);
        await socket.GetStream().WriteAsync("PROXY TCP4 203.0.113.9 10.0.0.1 40000 443\r\n"u8.ToArray(), TestContext.Current.CancellationToken);
        await using var secure = new SslStream(socket.GetStream());
        var options = behind.NewHandler().SslOptions;
        options.TargetHost = "127.0.0.1";
        await secure.AuthenticateAsClientAsync(options, TestContext.Current.CancellationToken);

        await secure.WriteAsync("GET /v1/devices?user=alice HTTP/1.1\r\nHost: chat\r\nConnection: close\r\n\r\n"u8.ToArray(), TestContext.Current.CancellationToken);

        using var reader = new StreamReader(secure, Encoding.UTF8);
        Assert.Contains("x-forwarded-for: 203.0.113.9\n", await reader.ReadToEndAsync(TestContext.Current.CancellationToken), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Without_TLS_there_is_nothing_but_the_way_to_it()
    {
        using var client = new HttpClient(new SocketsHttpHandler { AllowAutoRedirect = false });
        using var answer = await client.PostAsync(new Uri(It.PlainAddress, "/v1/messages?user=alice"), null, TestContext.Current.CancellationToken);

        Assert.Equal(HttpStatusCode.PermanentRedirect, answer.StatusCode);
        Assert.Equal("https", answer.Headers.Location?.Scheme);
        Assert.Equal("/v1/messages?user=alice", answer.Headers.Location?.PathAndQuery);
        Assert.Empty(_servers.SelectMany(server => server.Requests));
    }

    [Fact]
    public async Task The_log_names_neither_users_nor_tokens()
    {
        var token = TokenOf("alice");
        const string Query = "?user=alice-hint&access_token=secret-token";
        await ServerOfAsync($"/v1/conversations/dm:alice:bob/messages{Query}", headers: request => request.Headers.Add("Authorization", $"Bearer {token}"));
        using (var broken = await AskAsync($"/break{Query}", HttpMethod.Post))
        using (var foreign = await AskAsync($"/hub{Query}&id=somebody-elses"))
            Assert.Equal(HttpStatusCode.Forbidden, foreign.StatusCode);
        using (var plain = await new HttpClient(new SocketsHttpHandler { AllowAutoRedirect = false }).GetAsync(
            new Uri(It.PlainAddress, $"/v1/groups/g:alice{Query}"), TestContext.Current.CancellationToken))
            Assert.Equal(HttpStatusCode.PermanentRedirect, plain.StatusCode);
        using (var socket = await ConnectAsync($"/ws{Query}"))
            await HearAsync(socket);
        foreach (var server in _servers)
            await server.KillAsync();
        using (var nobody = await AskAsync($"/v1/devices/alice-phone{Query}", HttpMethod.Delete))
            Assert.True((int)nobody.StatusCode >= 500);

        foreach (var route in new[] { "/v1/conversations", "/break", "/hub", "/v1/groups", "/ws", "/v1/devices" })
            await Until.TrueAsync(() => It.Log.Contains($" {route} ", StringComparison.Ordinal), $"{route} is in the log", () => It.Log);
        foreach (var secret in new[] { "alice", "secret", "somebody", token })
            Assert.DoesNotContain(secret, It.Log, StringComparison.Ordinal);
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var client in _clients)
            client.Dispose();
        if (_balancer is not null)
            await _balancer.DisposeAsync();
        foreach (var server in _servers)
            await server.DisposeAsync();
        GC.SuppressFinalize(this);
    }

    private protected static IEnumerable<string> Users(int count) => Enumerable.Range(1, count).Select(n => $"user-{n}");

    private protected async Task<Dictionary<string, string>> HomesAsync(IEnumerable<string> users)
    {
        var homes = new Dictionary<string, string>();
        foreach (var user in users)
            homes[user] = await ServerOfAsync($"/v1/conversations?user={user}");
        return homes;
    }

    private protected async Task<string> UserOfAsync(string server)
    {
        foreach (var user in Users(100))
        {
            if (await ServerOfAsync($"/v1/devices?user={user}") == server)
                return user;
        }
        throw new InvalidOperationException($"{server} has none of a hundred users.");
    }

    /// <summary>The server that answers a request with success.</summary>
    private protected async Task<string> ServerOfAsync(
        string address, HttpMethod? method = null, string? from = null, Action<HttpRequestMessage>? headers = null)
    {
        using var answer = await AskAsync(address, method, from, headers);
        Assert.True(answer.IsSuccessStatusCode, $"{method} {address}: {(int)answer.StatusCode}\n{It.Log}");
        return NameOf(answer);
    }

    /// <summary>An access token as far as a load balancer reads it.</summary>
    private protected static string TokenOf(string user) =>
        $"{Part(new { alg = "ES256" })}.{Part(new { sub = user, device = "phone" })}.{Base64Url.EncodeToString("signature"u8)}";

    private protected async Task<ClientWebSocket> ConnectAsync(string address, Version? version = null)
    {
        var socket = new ClientWebSocket();
        if (version is not null)
            (socket.Options.HttpVersion, socket.Options.HttpVersionPolicy) = (version, HttpVersionPolicy.RequestVersionExact);
        using var invoker = new HttpMessageInvoker(It.NewHandler());
        await socket.ConnectAsync(new UriBuilder(new Uri(It.Address, address)) { Scheme = "wss" }.Uri, invoker, TestContext.Current.CancellationToken);
        return socket;
    }

    private protected static async Task<string> HearAsync(ClientWebSocket socket)
    {
        var buffer = new byte[1024];
        var part = await socket.ReceiveAsync(buffer, TestContext.Current.CancellationToken).WaitAsync(Until.Patience, TestContext.Current.CancellationToken);
        return Encoding.UTF8.GetString(buffer, 0, part.Count);
    }

    private protected static Task SayAsync(ClientWebSocket socket, string text) =>
        socket.SendAsync(Encoding.UTF8.GetBytes(text), WebSocketMessageType.Text, true, TestContext.Current.CancellationToken);

    private static string Part(object json) => Base64Url.EncodeToString(JsonSerializer.SerializeToUtf8Bytes(json));

    private static string NameOf(HttpResponseMessage answer) => answer.Headers.GetValues(StandIn.NameHeader).Single();

    private static async Task ExpectUnavailableAsync(HttpResponseMessage answer)
    {
        Assert.True(answer.StatusCode >= HttpStatusCode.BadGateway, $"{answer.StatusCode}");
        Assert.Equal("application/problem+json", answer.Content.Headers.ContentType?.MediaType);
        Assert.NotNull(answer.Headers.RetryAfter);
        using var problem = JsonDocument.Parse(await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
        Assert.Equal("unavailable", problem.RootElement.GetProperty("code").GetString());
    }

    private async Task<string> NegotiateAsync(string user, string? from = null)
    {
        using var answer = await AskAsync($"/hub/negotiate?user={user}&negotiateVersion=1", HttpMethod.Post, from);
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        return await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
    }

    private async Task<HttpResponseMessage> StreamAsync(string address)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, address);
        var answer = await NewClient(null).SendAsync(request, HttpCompletionOption.ResponseHeadersRead, TestContext.Current.CancellationToken);
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        return answer;
    }

    private async Task<HttpResponseMessage> AskAsync(
        string address, HttpMethod? method = null, string? from = null, Action<HttpRequestMessage>? headers = null)
    {
        using var request = new HttpRequestMessage(method ?? HttpMethod.Get, address);
        if (method == HttpMethod.Post)
            request.Content = new StringContent("{}");
        headers?.Invoke(request);
        return await NewClient(from).SendAsync(request, TestContext.Current.CancellationToken);
    }

    // A connection of its own: what is decided for one is not decided for the next.
    private HttpClient NewClient(string? from)
    {
        var client = new HttpClient(It.NewHandler(from is null ? null : IPAddress.Parse(from))) { BaseAddress = It.Address };
        _clients.Add(client);
        return client;
    }
}
