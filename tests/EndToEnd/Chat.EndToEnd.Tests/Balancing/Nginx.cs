using System.Globalization;

namespace Chat.EndToEnd.Tests.Balancing;

/// <summary>nginx with deploy/nginx/chat.conf.</summary>
internal sealed class Nginx : Balancer
{
    public override string Log => string.Join('\n', Directory.GetFiles(Folder, "*.log").Order(StringComparer.Ordinal).Select(File.ReadAllText));

    /// <param name="servers">In the order of the shipped configuration; null for one that is not in it.</param>
    /// <param name="behindProxy">Whether its own clients come by the PROXY protocol.</param>
    public static async Task<Nginx> StartAsync(IReadOnlyList<BalancedServer?> servers, bool behindProxy = false)
    {
        var balancer = new Nginx();
        try
        {
            var settings = Path.Combine(balancer.Folder, "nginx.conf");
            await File.WriteAllTextAsync(Path.Combine(balancer.Folder, "chat.conf"), balancer.Configure(servers, behindProxy), TestContext.Current.CancellationToken);
            await File.WriteAllTextAsync(settings, balancer.Main, TestContext.Current.CancellationToken);
            await balancer.RunAsync("nginx", "-p", balancer.Folder, "-c", settings, "-e", Path.Combine(balancer.Folder, "main.log"));
            return balancer;
        }
        catch
        {
            await balancer.DisposeAsync();
            throw;
        }
    }

    // What /etc/nginx/nginx.conf is for.
    private string Main => $$"""
        daemon off;
        worker_processes 1;
        pid {{Folder}}/nginx.pid;
        error_log {{Folder}}/main.log;
        events { worker_connections 1000; }
        http {
          client_body_temp_path {{Folder}}/body;
          proxy_temp_path {{Folder}}/proxy;
          fastcgi_temp_path {{Folder}}/fastcgi;
          uwsgi_temp_path {{Folder}}/uwsgi;
          scgi_temp_path {{Folder}}/scgi;
          include {{Folder}}/chat.conf;
        }
        """;

    private string Configure(IReadOnlyList<BalancedServer?> servers, bool behindProxy)
    {
        var proxy = behindProxy ? " proxy_protocol; real_ip_header proxy_protocol; set_real_ip_from 127.0.0.1" : "";
        var settings = ReadShipped("nginx", "chat.conf");
        settings = Replace(settings, "/var/log/nginx/", $"{Folder}/");
        settings = Replace(settings, "/etc/nginx/chat.pem", CertificateFile);
        settings = Replace(settings, "/etc/nginx/chat.key", KeyFile);
        settings = Replace(settings, "listen 80;", string.Create(CultureInfo.InvariantCulture, $"listen 127.0.0.1:{PlainPort};"));
        settings = Replace(settings, "listen 443 ssl http2;", string.Create(CultureInfo.InvariantCulture, $"listen 127.0.0.1:{Port} ssl http2{proxy};"));
        foreach (var (server, number) in servers.Select((server, i) => (server, i + 1)))
        {
            var line = string.Create(CultureInfo.InvariantCulture, $"server 10.0.0.1{number}:8080 max_fails=0;");
            settings = Replace(settings, line, server is null ? "" : string.Create(CultureInfo.InvariantCulture, $"server 127.0.0.1:{server.Port} max_fails=0;"));
        }
        return settings;
    }
}
