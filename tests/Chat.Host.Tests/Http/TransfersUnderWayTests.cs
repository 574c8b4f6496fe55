using System.Net;
using System.Net.Sockets;
using System.Text;
using Chat.Host.Tests.Media;
using Chat.Host.Tests.Running;
using Chat.Testing;

namespace Chat.Host.Tests.Http;

/// <summary>A file may take hours, so that files have a limit of their own.</summary>
public sealed class TransfersUnderWayTests : IAsyncDisposable
{
    private readonly List<Socket> _sockets = [];
    private readonly List<IDisposable> _clients = [];
    private TestHost _host = null!;

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Files_that_are_read_slowly_keep_nobody_from_other_calls()
    {
        var (alice, bob, file) = await StartAsync(ofUser: 8, inAll: 16);
        var signed = await SignAsync(alice, file);
        for (var n = 0; n < 4; n++)
        {
            await HoldAsync(signed);
            await HoldAsync($"/v1/media/{file}", alice.Token);
        }

        (await _host.LogInAsync("bob")).Expect(HttpStatusCode.OK);
        (await _host.GetAsync("/v1/devices", alice.Token)).Expect(HttpStatusCode.OK);
        (await _host.GetAsync("/v1/devices", bob.Token)).Expect(HttpStatusCode.OK);
    }

    [Fact]
    public async Task A_user_has_so_many_at_once_with_a_token_and_by_signed_addresses_together()
    {
        var (alice, bob, file) = await StartAsync(ofUser: 2, inAll: 16);
        var small = await alice.UploadedAsync([1, 2]);
        var (signed, signedSmall) = (await SignAsync(alice, file), await SignAsync(alice, small));
        var held = await HoldAsync(signed);
        await HoldAsync($"/v1/media/{file}", alice.Token);

        (await alice.AskAsync(HttpMethod.Get, $"/v1/media/{small}")).ExpectProblem(HttpStatusCode.TooManyRequests, "rate_limited");
        (await alice.UploadAsync([1])).ExpectProblem(HttpStatusCode.TooManyRequests, "rate_limited");
        (await _host.GetAsync(signedSmall)).ExpectProblem(HttpStatusCode.TooManyRequests, "rate_limited");
        (await bob.UploadAsync([1])).Expect(HttpStatusCode.Created);
        held.Dispose();

        await Wait.UntilAsync(async () => (await alice.UploadAsync([1])).Status == HttpStatusCode.Created, "alice has room again");
    }

    [Fact]
    public async Task All_users_together_have_so_many_at_once()
    {
        var (alice, bob, file) = await StartAsync(ofUser: 2, inAll: 2);
        var held = await HoldAsync($"/v1/media/{file}", alice.Token);
        await HoldAsync($"/v1/media/{file}", alice.Token);

        (await bob.UploadAsync([1])).ExpectProblem(HttpStatusCode.ServiceUnavailable, "unavailable");
        held.Dispose();

        await Wait.UntilAsync(async () => (await bob.UploadAsync([1])).Status == HttpStatusCode.Created, "there is room again");
    }

    public async ValueTask DisposeAsync()
    {
        _sockets.ForEach(socket => socket.Dispose());
        _clients.ForEach(client => client.Dispose());
        await _host.DisposeAsync();
    }

    /// <summary>Alice and bob, and a file of alice's that is more than the kernel takes off the server's hands.</summary>
    private async Task<(MediaClient Alice, MediaClient Bob, string File)> StartAsync(int ofUser, int inAll)
    {
        _host = new TestHost(
            ("Http:MaxRequestsPerDevice", "2"), ("Http:MaxRequests", "3"), ("Http:MaxTransfersPerUser", $"{ofUser}"), ("Http:MaxTransfers", $"{inAll}"),
            ("RateLimits:Enabled", "false"));
        var (alice, bob) = (await MediaClient.RegisterAsync(_host, "alice"), await MediaClient.RegisterAsync(_host, "bob"));
        _clients.AddRange([alice, bob]);
        return (alice, bob, await alice.UploadedAsync(new byte[16 * 1024 * 1024]));
    }

    private static async Task<string> SignAsync(MediaClient user, string file) => (await user.AskAsync(HttpMethod.Get, $"/v1/media/{file}/url")).Text("url");

    // A download that has begun, and is not read any further.
    private async Task<Socket> HoldAsync(string path, string? token = null)
    {
        var server = await _host.AddressAsync();
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { ReceiveBufferSize = 4096 };
        _sockets.Add(socket);
        await socket.ConnectAsync(server.Host, server.Port, Ct);
        await socket.SendAsync(
            Encoding.ASCII.GetBytes($"GET {path} HTTP/1.1\r\nHost: x\r\n{(token is null ? "" : $"Authorization: Bearer {token}\r\n")}\r\n"), Ct);
        var status = new byte["HTTP/1.1 200".Length];
        Assert.Equal(status.Length, await socket.ReceiveAsync(status, Ct));
        Assert.Equal("HTTP/1.1 200", Encoding.ASCII.GetString(status));
        return socket;
    }
}
