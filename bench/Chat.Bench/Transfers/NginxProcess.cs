using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Chat.Bench.Servers;

namespace Chat.Bench.Transfers;

/// <summary>An nginx of one process that takes files by PUT and serves them from a folder; started and ended here.</summary>
internal sealed class NginxProcess : IAsyncDisposable
{
    private readonly Process _process;
    private readonly DirectoryInfo _folder;

    private NginxProcess(Process process, DirectoryInfo folder, int port)
    {
        (_process, _folder) = (process, folder);
        Url = new Uri(string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{port}"));
        Meter = new ProcessMeter(process.Id);
    }

    public Uri Url { get; }

    public ProcessMeter Meter { get; }

    public static async Task<NginxProcess> StartAsync(string program, CancellationToken ct)
    {
        var folder = Directory.CreateTempSubdirectory("chat-bench-");
        folder.CreateSubdirectory("files");
        var port = FreePort();
        var settings = Path.Combine(folder.FullName, "nginx.conf");
        await File.WriteAllTextAsync(settings, Settings(folder.FullName, port), ct);
        Process process;
        try
        {
            process = Process.Start(new ProcessStartInfo(program, ["-p", folder.FullName, "-c", settings, "-e", Path.Combine(folder.FullName, "error.log")]))!;
        }
        catch (Win32Exception e)
        {
            folder.Delete(recursive: true);
            throw new BenchException($"There is no {program}: {e.Message}");
        }
        var nginx = new NginxProcess(process, folder, port);
        try
        {
            await nginx.ReadyAsync(ct);
            return nginx;
        }
        catch
        {
            await nginx.DisposeAsync();
            throw;
        }
    }

    public async ValueTask DisposeAsync()
    {
        Meter.Dispose();
        if (!_process.HasExited)
            Posix.SendTerm(_process.Id);
        await _process.WaitForExitAsync();
        _process.Dispose();
        _folder.Delete(recursive: true);
    }

    private static string Settings(string folder, int port) => string.Create(CultureInfo.InvariantCulture, $$"""
        daemon off;
        master_process off;
        pid {{folder}}/nginx.pid;
        error_log {{folder}}/error.log;
        events { worker_connections 100; }
        http {
          access_log off;
          sendfile on;
          tcp_nopush on;
          client_max_body_size 0;
          client_body_temp_path {{folder}}/body;
          proxy_temp_path {{folder}}/proxy;
          fastcgi_temp_path {{folder}}/fastcgi;
          uwsgi_temp_path {{folder}}/uwsgi;
          scgi_temp_path {{folder}}/scgi;
          server {
            listen 127.0.0.1:{{port}};
            root {{folder}}/files;
            location / { dav_methods PUT DELETE; }
          }
        }
        """);

    private async Task ReadyAsync(CancellationToken ct)
    {
        for (var tries = 0; ; tries++)
        {
            using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            try
            {
                await socket.ConnectAsync(IPAddress.Loopback, Url.Port, ct);
                return;
            }
            catch (SocketException) when (tries < 100 && !_process.HasExited)
            {
                await Task.Delay(50, ct);
            }
            catch (SocketException)
            {
                throw new BenchException($"nginx did not start:\n{await File.ReadAllTextAsync(Path.Combine(_folder.FullName, "error.log"), ct)}");
            }
        }
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
