using System.Collections.Concurrent;
using System.Globalization;
using System.Net.Sockets;
using System.Text;

namespace Chat.EndToEnd.Tests.Balancing;

/// <summary>HAProxy with deploy/haproxy/haproxy.cfg.</summary>
internal sealed class HaProxy : Balancer
{
    private readonly ConcurrentQueue<string> _lines = new();

    public override string Log => string.Join('\n', _lines);

    private string AdminSocket => Path.Combine(Folder, "admin.sock");

    /// <param name="servers">chat1, chat2 and chat3; null for one that is not in the configuration.</param>
    /// <param name="behindProxy">Whether its own clients come by the PROXY protocol.</param>
    public static async Task<HaProxy> StartAsync(IReadOnlyList<BalancedServer?> servers, bool behindProxy = false)
    {
        var balancer = new HaProxy();
        try
        {
            var settings = Path.Combine(balancer.Folder, "haproxy.cfg");
            await File.WriteAllTextAsync(settings, balancer.Configure(servers, behindProxy), TestContext.Current.CancellationToken);
            await balancer.RunAsync("haproxy", "-f", settings);
            return balancer;
        }
        catch
        {
            await balancer.DisposeAsync();
            throw;
        }
    }

    /// <summary>A field of <c>show stat</c> for a server of the backend.</summary>
    public async Task<string> StatisticAsync(string server, string field)
    {
        using var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        await socket.ConnectAsync(new UnixDomainSocketEndPoint(AdminSocket), TestContext.Current.CancellationToken);
        await using var stream = new NetworkStream(socket);
        await stream.WriteAsync("show stat\n"u8.ToArray(), TestContext.Current.CancellationToken);
        using var reader = new StreamReader(stream, Encoding.UTF8);
        var lines = (await reader.ReadToEndAsync(TestContext.Current.CancellationToken)).Split('\n');
        var column = lines[0].TrimStart('#', ' ').Split(',').IndexOf(field);
        return lines.Single(line => line.StartsWith($"chat,{server},", StringComparison.Ordinal)).Split(',')[column];
    }

    protected override void Keep(string line) => _lines.Enqueue(line);

    private string Configure(IReadOnlyList<BalancedServer?> servers, bool behindProxy)
    {
        var proxy = behindProxy ? " accept-proxy" : "";
        var settings = ReadShipped("haproxy", "haproxy.cfg");
        settings = Replace(settings, "maxconn 100000", "maxconn 1000");
        settings = Replace(settings, "/run/haproxy/admin.sock", AdminSocket);
        // HAProxy reads the key beside a certificate by the name chat.pem.key.
        File.Copy(KeyFile, $"{CertificateFile}.key");
        settings = Replace(settings, "/etc/haproxy/chat.pem", CertificateFile);
        settings = Replace(settings, "bind :80\n", string.Create(CultureInfo.InvariantCulture, $"bind 127.0.0.1:{PlainPort}{proxy}\n"));
        settings = Replace(settings, "bind :443 ", string.Create(CultureInfo.InvariantCulture, $"bind 127.0.0.1:{Port}{proxy} "));
        foreach (var (server, number) in servers.Select((server, i) => (server, i + 1)))
        {
            var line = string.Create(CultureInfo.InvariantCulture, $"server chat{number} 10.0.0.1{number}:8080 id {number} port 8081\n");
            settings = Replace(settings, line, server is null ? "\n" : string.Create(
                CultureInfo.InvariantCulture, $"server chat{number} 127.0.0.1:{server.Port} id {number} port {server.OperationsPort}\n"));
        }
        // Only root may become another user.
        return Environment.IsPrivilegedProcess
            ? settings
            : string.Join('\n', settings.Split('\n').Where(line => line.Trim().Split(' ')[0] is not ("user" or "group" or "chroot")));
    }
}
