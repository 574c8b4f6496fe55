using System.Net;
using System.Net.Http.Json;
using System.Net.Sockets;
using System.Text;
using Chat.Host.Tests.Running;
using Chat.Testing;

namespace Chat.Host.Tests.Http;

public sealed class RequestsUnderWayTests : IAsyncDisposable
{
    private const int Patient = 240;

    private readonly List<Socket> _sockets = [];
    private TestHost _host = null!;

    [Fact]
    public async Task A_device_has_so_many_requests_under_way_and_no_more_until_one_ends()
    {
        var (alice, bob) = await StartAsync(Patient);
        var held = await HoldAsync(alice);
        await HoldAsync(alice);

        await AnswersAsync(alice, HttpStatusCode.TooManyRequests, "rate_limited");
        (await _host.GetAsync("/v1/devices", bob)).Expect(HttpStatusCode.OK);
        held.Dispose();

        await AnswersAsync(alice, HttpStatusCode.OK);
    }

    [Fact]
    public async Task All_devices_of_a_user_together_have_an_eighth_of_all()
    {
        var (alice, bob) = await StartAsync(Patient, ofDevice: 1, inAll: 16);
        var (tablet, laptop) = (await LogInAsync("alice", "tablet"), await LogInAsync("alice", "laptop"));
        var held = await HoldAsync(alice);
        await HoldAsync(tablet);

        await AnswersAsync(laptop, HttpStatusCode.TooManyRequests, "rate_limited");
        (await _host.GetAsync("/v1/devices", bob)).Expect(HttpStatusCode.OK);
        held.Dispose();

        await AnswersAsync(laptop, HttpStatusCode.OK);
    }

    [Fact]
    public async Task All_devices_together_have_so_many_and_strangers_have_as_many_of_their_own()
    {
        var (alice, bob) = await StartAsync(Patient);
        await HoldAsync(alice);
        await HoldAsync(alice);
        await HoldAsync(bob);

        await AnswersAsync(bob, HttpStatusCode.ServiceUnavailable, "unavailable");
        (await _host.LogInAsync("bob")).Expect(HttpStatusCode.OK);
        (await _host.GetAsync("/health/live")).Expect(HttpStatusCode.OK);
    }

    [Fact]
    public async Task An_answer_that_is_not_read_ends_and_with_it_the_request()
    {
        var (alice, _) = await StartAsync(minBytesPerSecond: 512 * 1024);
        await HoldAsync(alice);
        await HoldAsync(alice);

        await AnswersAsync(alice, HttpStatusCode.TooManyRequests, "rate_limited");
        await AnswersAsync(alice, HttpStatusCode.OK);
    }

    public async ValueTask DisposeAsync()
    {
        _sockets.ForEach(socket => socket.Dispose());
        await _host.DisposeAsync();
    }

    /// <summary>Alice and bob, and between them a page of eight megabytes: more than the kernel takes off the server's hands.</summary>
    private async Task<(string Alice, string Bob)> StartAsync(int minBytesPerSecond, int ofDevice = 2, int inAll = 3)
    {
        _host = new TestHost(
            ("Http:MaxRequestsPerDevice", $"{ofDevice}"), ("Http:MaxRequests", $"{inAll}"), ("Http:MinBytesPerSecond", $"{minBytesPerSecond}"),
            ("RateLimits:Enabled", "false"), ("Messaging:MaxPageBytes", "16777216"));
        var (alice, bob) = (await RegisterAsync("alice"), await RegisterAsync("bob"));
        for (var n = 0; n < 90; n++)
        {
            var message = JsonContent.Create(new { to = "@bob", text = new string('\u0001', 16_384), clientMsgId = $"{n}" });
            (await _host.SendAsync(HttpMethod.Post, "/v1/messages", alice, message)).Expect(HttpStatusCode.Created);
        }
        return (alice, bob);
    }

    private async Task<string> RegisterAsync(string user) => (await _host.RegisterAsync(user)).Expect(HttpStatusCode.Created).AccessToken;

    private async Task<string> LogInAsync(string user, string device) => (await _host.LogInAsync(user, device)).Expect(HttpStatusCode.OK).AccessToken;

    private Task AnswersAsync(string token, HttpStatusCode status, string? code = null) => Wait.UntilAsync(
        async () =>
        {
            var answer = await _host.GetAsync("/v1/devices", token);
            if (answer.Status != status)
                return false;
            if (code is not null)
                Assert.Equal("1", answer.ExpectProblem(status, code).Header("Retry-After"));
            return true;
        },
        $"a request is answered {status}");

    // A request that has been let in, and whose answer is not read any further.
    private async Task<Socket> HoldAsync(string token)
    {
        var server = await _host.AddressAsync();
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { ReceiveBufferSize = 4096 };
        _sockets.Add(socket);
        await socket.ConnectAsync(server.Host, server.Port, TestContext.Current.CancellationToken);
        await socket.SendAsync(
            Encoding.ASCII.GetBytes(
                $"GET /v1/conversations/dm:alice:bob/messages?limit=200 HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {token}\r\n\r\n"),
            TestContext.Current.CancellationToken);
        var status = new byte["HTTP/1.1 200".Length];
        Assert.Equal(status.Length, await socket.ReceiveAsync(status, TestContext.Current.CancellationToken));
        Assert.Equal("HTTP/1.1 200", Encoding.ASCII.GetString(status));
        return socket;
    }
}
