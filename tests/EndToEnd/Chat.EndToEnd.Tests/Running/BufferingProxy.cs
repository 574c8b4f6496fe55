using System.Diagnostics;
using System.Globalization;
using System.Net.Sockets;
using Chat.Testing;

namespace Chat.EndToEnd.Tests.Running;

/// <summary>
/// nginx with a bare <c>proxy_pass</c> before a server: no upgrades, and what is streamed is held back until there is much of it or its end.
/// </summary>
internal sealed class BufferingProxy : IAsyncDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("chat-nginx-").FullName;
    private readonly Process _process;

    private BufferingProxy(string program, Uri server)
    {
        var port = FreePort.Next();
        Address = new Uri(string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{port}"));
        var settings = Path.Combine(_folder, "nginx.conf");
        File.WriteAllText(settings, string.Create(CultureInfo.InvariantCulture, $$"""
            daemon off;
            worker_processes 1;
            pid {{_folder}}/nginx.pid;
            error_log {{_folder}}/error.log;
            events {}
            http {
              access_log off;
              client_body_temp_path {{_folder}}/body;
              proxy_temp_path {{_folder}}/proxy;
              fastcgi_temp_path {{_folder}}/fastcgi;
              uwsgi_temp_path {{_folder}}/uwsgi;
              scgi_temp_path {{_folder}}/scgi;
              server {
                listen 127.0.0.1:{{port}};
                location / {
                  proxy_pass {{server.GetLeftPart(UriPartial.Authority)}};
                  # A proxy that knows no such header, as most do not.
                  proxy_ignore_headers X-Accel-Buffering;
                }
              }
            }
            """));
        _process = Process.Start(program, ["-p", _folder, "-c", settings, "-e", Path.Combine(_folder, "error.log")]);
    }

    public Uri Address { get; }

    /// <summary>Skips the test when there is no nginx.</summary>
    public static async Task<BufferingProxy> StartAsync(Uri server)
    {
        if (SystemPrograms.Find("nginx") is not { } program)
        {
            Assert.Skip("nginx is not installed: no connection was made through it.");
            throw new InvalidOperationException();
        }
        var proxy = new BufferingProxy(program, server);
        await Until.TrueAsync(proxy.ListensAsync, "nginx listens");
        return proxy;
    }

    public async ValueTask DisposeAsync()
    {
        _process.Kill(entireProcessTree: true);
        await _process.WaitForExitAsync();
        _process.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    private async Task<bool> ListensAsync()
    {
        using var socket = new TcpClient();
        try
        {
            await socket.ConnectAsync("127.0.0.1", Address.Port, TestContext.Current.CancellationToken);
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }
}
