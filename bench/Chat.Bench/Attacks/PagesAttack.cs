using System.Globalization;
using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Text;
using Chat.Bench.Servers;
using Chat.Bench.Wire;

namespace Chat.Bench.Attacks;

/// <summary>
/// One user who asks for the largest pages that there are and never reads them: 200 messages of 16 KiB of control characters, six bytes each in
/// JSON; first by REST over many sockets with one token, then by <c>sync</c> from as many devices as a user may connect.
/// </summary>
internal static class PagesAttack
{
    private const int Messages = 200;
    private const int TextBytes = 16 * 1024;
    private const string User = "bench-pages";
    private const string Conversation = "dm:bench-other:bench-pages";

    public static async Task<int> RunAsync(Arguments arguments, CancellationToken ct)
    {
        var host = arguments.Text("--host") ?? Server.DefaultHost;
        var (sockets, devices, syncs) = (arguments.Int("--sockets", 300), arguments.Int("--devices", 20), arguments.Int("--syncs", 20));
        var seconds = arguments.Int("--seconds", 60);
        arguments.RefuseUnknown();

        await using var server = await Server.StartHostAsync(host, ct);
        await server.Accounts.RegisterAsync([User], ct);
        var token = server.Accounts.TokenOf(User)!;
        await FillAsync(server, token, ct);

        await WatchAsync($"{sockets} sockets, GET of a page", server, seconds, async open =>
        {
            for (var i = 0; i < sockets; i++)
                open.Add(await AskAsync(server.Url, token, ct));
        }, ct);
        await WatchAsync($"{devices} devices, {syncs} syncs each", server, seconds, async open =>
        {
            for (var i = 0; i < devices; i++)
            {
                var socket = await WebSocketClient.ConnectAsync(server.Url, "/ws", await server.Accounts.LogInAsync(User, $"bench-{i}", ct), ct);
                open.Add(socket);
                for (var n = 0; n < syncs; n++)
                    socket.Post(Encoding.ASCII.GetBytes($$"""{"type":"sync","conversationId":"{{Conversation}}","after":0,"limit":{{Messages}}}"""));
                socket.Flush();
            }
        }, ct);
        return 0;
    }

    // Opens what attacks, looks at the server for a while, and lets go.
    private static async Task WatchAsync(string name, Server server, int seconds, Func<List<IDisposable>, Task> attack, CancellationToken ct)
    {
        List<IDisposable> open = [];
        var before = server.Meter!.Read();
        var peak = before.RssBytes;
        try
        {
            await attack(open);
            for (var second = 0; second < seconds; second++)
            {
                await Task.Delay(TimeSpan.FromSeconds(1), ct);
                peak = Math.Max(peak, server.Meter.Read().RssBytes);
            }
            var held = server.Meter.Read();
            var ended = open.OfType<Socket>().Count(HasEnded);
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
                $"{name}: {before.RssBytes / 1048576.0:N0} MiB resident before, {peak / 1048576.0:N0} at most, {held.RssBytes / 1048576.0:N0} after {seconds} s; {(held.Cpu - before.Cpu).TotalSeconds:N1} s of CPU"));
            if (open.OfType<Socket>().Any())
                Console.WriteLine($"  answers: {string.Join(", ", open.OfType<Socket>().Select(StatusOf).GroupBy(status => status).Select(group => $"{group.Count()} x {group.Key}"))}; connections ended by the server: {ended}");
            Console.WriteLine($"  the server is {(await server.IsReadyAsync(ct) ? "ready" : "not ready")}");
        }
        finally
        {
            open.ForEach(one => one.Dispose());
        }
    }

    private static async Task FillAsync(Server server, string token, CancellationToken ct)
    {
        using var http = new HttpClient { BaseAddress = server.Url };
        http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", token);
        var text = string.Concat(Enumerable.Repeat("\\u0001", TextBytes));
        for (var n = 0; n < Messages; n++)
        {
            using var body = new StringContent(
                $$"""{"to":"{{Conversation}}","text":"{{text}}","clientMsgId":"{{n}}"}""", Encoding.UTF8, "application/json");
            using var sent = await http.PostAsync("/v1/messages", body, ct);
            if (!sent.IsSuccessStatusCode)
                throw new BenchException($"Message {n} was refused: {(int)sent.StatusCode}");
        }
    }

    // Sends the request and reads nothing; the kernel takes as little as it can.
    private static async Task<Socket> AskAsync(Uri server, string token, CancellationToken ct)
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { ReceiveBufferSize = 4096 };
        await socket.ConnectAsync(server.Host, server.Port, ct);
        await socket.SendAsync(Encoding.ASCII.GetBytes(
            $"GET /v1/conversations/{Conversation}/messages?limit={Messages} HTTP/1.1\r\nHost: {server.Authority}\r\nAuthorization: Bearer {token}\r\n\r\n"), ct);
        return socket;
    }

    // A reset shows at once; an orderly end only behind what was never read.
    private static bool HasEnded(Socket socket)
    {
        try
        {
            return (int)socket.GetSocketOption(SocketOptionLevel.Socket, SocketOptionName.Error)! != 0 || !IsEstablished(socket);
        }
        catch (SocketException)
        {
            return true;
        }
    }

    // tcp_info's first byte is the state, of which 1 is ESTABLISHED.
    private static bool IsEstablished(Socket socket)
    {
        const int Tcp = 6, TcpInfo = 11;
        Span<byte> info = stackalloc byte[8];
        return socket.GetRawSocketOption(Tcp, TcpInfo, info) > 0 && info[0] == 1;
    }

    private static string StatusOf(Socket socket)
    {
        try
        {
            var head = new byte[12];
            return socket.Available > 0 && socket.Receive(head) == head.Length ? Encoding.ASCII.GetString(head, 9, 3) : "none";
        }
        catch (SocketException)
        {
            return "none";
        }
    }
}
