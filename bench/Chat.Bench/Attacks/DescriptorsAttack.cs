using System.ComponentModel;
using System.Diagnostics;
using System.Net.Sockets;
using Chat.Bench.Servers;

namespace Chat.Bench.Attacks;

/// <summary>More TCP connections that send nothing than the server may have files open. Is anybody else still served, while they are there and after?</summary>
internal static class DescriptorsAttack
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    public static async Task<int> RunAsync(Arguments arguments, CancellationToken ct)
    {
        var openFiles = arguments.Int("--open-files", 700);
        var connections = arguments.Int("--connections", 800);
        var seconds = arguments.Int("--seconds", 10);
        var path = arguments.Text("--host") ?? Server.DefaultHost;
        arguments.RefuseUnknown();

        await using var server = await Server.StartHostAsync(path, ct, configure: start =>
            start.ArgumentList[1] = $"ulimit -n {openFiles}; {start.ArgumentList[1]}");
        await server.Accounts.RegisterAsync(["bench-descriptors"], ct);
        Console.WriteLine($"before: {await AskAsync(server, ct)}");

        List<Socket> silent = [];
        try
        {
            for (var i = 0; i < connections; i++)
            {
                silent.Add(new Socket(SocketType.Stream, ProtocolType.Tcp));
                await silent[^1].ConnectAsync(server.Url.Host, server.Url.Port, ct);
            }
            Console.WriteLine($"with {connections} silent connections, {openFiles} files: {await AskAsync(server, ct)}");

            var began = Stopwatch.GetTimestamp();
            var before = CpuOf(server);
            await Task.Delay(TimeSpan.FromSeconds(seconds), ct);
            if (CpuOf(server) - before is { } cpu)
                Console.WriteLine($"CPU of the server meanwhile: {cpu / Stopwatch.GetElapsedTime(began):P0} of a core");
        }
        finally
        {
            silent.ForEach(socket => socket.Dispose());
        }
        Console.WriteLine($"after: {await AskAsync(server, ct)}");
        return server.IsRunning ? 0 : 1;
    }

    /// <summary>Null where the server has ended.</summary>
    private static TimeSpan? CpuOf(Server server)
    {
        try
        {
            return server.IsRunning ? server.Meter!.Read().Cpu : null;
        }
        catch (Exception e) when (e is InvalidOperationException or Win32Exception)
        {
            return null;
        }
    }

    /// <summary>A client connects its live connection and asks for its conversations.</summary>
    private static async Task<string> AskAsync(Server server, CancellationToken ct)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(ct);
        patience.CancelAfter(Patience);
        var began = Stopwatch.GetTimestamp();
        try
        {
            using var socket = await server.ConnectAsync("bench-descriptors", patience.Token);
            using var http = new HttpClient { BaseAddress = server.Url };
            using var answer = await http.GetAsync("/health/ready", patience.Token);
            return $"a client is served in {Stopwatch.GetElapsedTime(began).TotalMilliseconds:N0} ms, readiness {(int)answer.StatusCode}";
        }
        catch (Exception e) when (e is SocketException or HttpRequestException or BenchException or OperationCanceledException && !ct.IsCancellationRequested)
        {
            return server.IsRunning ? $"no client is served within {Patience.TotalSeconds:N0} s ({e.GetType().Name})" : "the server has ended";
        }
    }
}
