using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Chat.Bench.Load;
using Chat.Bench.Wire;

namespace Chat.Bench.Servers;

/// <summary>The server under load: one that runs already, or a relay or host that is started here and ends with this object.</summary>
internal sealed class Server : IAsyncDisposable
{
    // Of the log of a server that ended by itself.
    private const int LastLines = 20;
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    public const string DefaultHost = "src/Chat.Host/bin/Release/net10.0/Chat.Host.dll";

    private readonly Uri url;
    private readonly DirectoryInfo? directory;
    private Process? process;

    private bool isReady;
    private bool isKilled;

    private Server(Uri url, string name, bool isRelay, ProcessMeter? meter, Process? process = null, DirectoryInfo? directory = null, SigningKeyFile? key = null, bool isXmpp = false)
    {
        this.url = url;
        this.process = process;
        this.directory = directory;
        IsRelay = isRelay;
        Name = name;
        IsXmpp = isXmpp;
        Accounts = new Accounts(url, needed: !isRelay && !isXmpp, key);
        Meter = meter;
    }

    public Uri Url => url;

    public bool IsRelay { get; }
    public string Name { get; }
    public Accounts Accounts { get; }
    public ProcessMeter? Meter { get; private set; }

    /// <summary>Neither a host nor a relay: it is spoken to by XMPP.</summary>
    public bool IsXmpp { get; }

    /// <summary>Of a server that was started here.</summary>
    public int ProcessId => process!.Id;

    /// <summary>Of a server that was started here.</summary>
    public bool IsRunning => process is { HasExited: false };

    /// <summary>The TARGET of a command line.</summary>
    /// <param name="tls">Of a server that is started here.</param>
    public static async Task<Server> FromAsync(Arguments arguments, TestCertificate? tls, CancellationToken ct)
    {
        var (url, isRelay, host) = (arguments.Text("--url"), arguments.Flag("--relay"), arguments.Text("--host"));
        var (processId, xmpp) = (arguments.Int("--server-pid", 0, min: 0), XmppFrom(arguments));
        arguments.RefuseUnknown();
        return (url, isRelay, host, xmpp) switch
        {
            ({ } address, _, null, null) => At(address, isRelay, processId == 0 ? null : processId),
            (null, true, null, null) => await StartRelayAsync(likeHost: null, ct, tls),
            (null, false, { } path, null) => await StartHostAsync(path, ct, tls: tls),
            (null, false, null, { } other) => other,
            _ => throw new ArgumentException("Name one server: --url, --relay, --host or --xmpp."),
        };
    }

    /// <summary>Another server, spoken to by XMPP, that runs already: <c>--xmpp http://127.0.0.1:PORT</c>, and <c>--xmpp-pids</c> of all processes that it consists of. Or null.</summary>
    public static Server? XmppFrom(Arguments arguments)
    {
        var (address, processes) = (arguments.Text("--xmpp"), arguments.Text("--xmpp-pids")?.Split(',').Select(id => int.Parse(id, CultureInfo.InvariantCulture)).ToArray());
        return address is null ? null : new Server(HttpAddress(address), "xmpp", isRelay: false, processes is null ? null : new ProcessTreeMeter(processes), isXmpp: true);
    }

    /// <summary>A server that runs already; its process, if it is known, is measured and never ended.</summary>
    public static Server At(string address, bool isRelay, int? processId) => new(HttpAddress(address), isRelay ? "relay" : "host", isRelay, processId is { } id ? new ProcessMeter(id) : null);

    /// <summary>Given a host's path, the relay runs with the runtime settings (garbage collector, JIT) of that host, else with its own.</summary>
    public static Task<Server> StartRelayAsync(string? likeHost, CancellationToken ct, TestCertificate? tls = null)
    {
        var port = FreePort();
        string[] settings = likeHost is null ? [] : ["--runtimeconfig", Path.ChangeExtension(likeHost, ".runtimeconfig.json")];
        return StartAsync("relay", isRelay: true, port, ["exec", .. settings, typeof(Server).Assembly.Location, "relay", "--port", $"{port}", .. tls is null ? (string[])[] : ["--tls"]],
            start => tls?.Configure(start), ct, tls: tls is not null);
    }

    public static Task<Server> StartHostAsync(string path, CancellationToken ct, string name = "host", Action<ProcessStartInfo>? configure = null, SigningKeyFile? key = null, TestCertificate? tls = null)
    {
        var host = Path.GetFullPath(path);
        if (!File.Exists(host))
            throw new BenchException($"There is no {host}: build it with dotnet build -c Release src/Chat.Host.");
        var port = FreePort();
        return StartAsync(name, isRelay: false, port, [host], start =>
        {
            start.WorkingDirectory = Path.GetDirectoryName(host);
            start.Environment["ASPNETCORE_URLS"] = $"{(tls is null ? "http" : "https")}://127.0.0.1:{port}";
            tls?.Configure(start);
            if (key is not null)
                start.Environment["Auth__SigningKeyFile"] = key.Path;
            start.Environment["RateLimits__Enabled"] = "false";
            start.Environment["Messaging__MaxDirectConversations"] = "1000000";
            configure?.Invoke(start);
        }, ct, key, tls is not null);
    }

    public Task<WebSocketClient> ConnectAsync(string user, CancellationToken ct) => ConnectAsync(user, Door.Ws, ct);

    public Task<WebSocketClient> ConnectAsync(string user, Door door, CancellationToken ct)
    {
        var path = door is Door.Hub ? "/hub" : "/ws";
        return WebSocketClient.ConnectAsync(url, IsRelay ? $"{path}?user={user}" : path, Accounts.TokenOf(user), ct, door is Door.Xmpp ? "xmpp" : null);
    }

    public HttpClient NewHttpClient() => NewHttpClient(url);

    public static HttpClient NewHttpClient(Uri url) =>
        new(new SocketsHttpHandler { SslOptions = new() { RemoteCertificateValidationCallback = TestCertificate.IsAccepted } }) { BaseAddress = url, Timeout = TimeSpan.FromMinutes(1) };

    public async Task<bool> IsReadyAsync(CancellationToken ct)
    {
        using var http = NewHttpClient();
        http.Timeout = TimeSpan.FromSeconds(10);
        try
        {
            using var ready = await http.GetAsync("/health/ready", ct);
            return ready.IsSuccessStatusCode;
        }
        catch (Exception e) when (e is HttpRequestException || (e is OperationCanceledException && !ct.IsCancellationRequested))
        {
            return false;
        }
    }

    /// <summary>Ends one that was started here at once (SIGKILL).</summary>
    public async Task KillAsync()
    {
        isKilled = true;
        process!.Kill();
        await process.WaitForExitAsync();
    }

    /// <summary>Ends one that was started here as an operator does (SIGTERM).</summary>
    public async Task StopAsync(CancellationToken ct)
    {
        isKilled = true;
        Posix.SendTerm(process!.Id);
        await process.WaitForExitAsync(ct);
    }

    /// <summary>Starts one that was ended, with the data that it has. Returns when it is ready, with how long that took.</summary>
    public async Task<TimeSpan> StartAgainAsync(CancellationToken ct)
    {
        var began = Stopwatch.GetTimestamp();
        var ended = process!;
        (isReady, isKilled, process) = (false, false, Process.Start(ended.StartInfo)!);
        ended.Dispose();
        Meter!.Dispose();
        Meter = new ProcessMeter(process.Id);
        await ReadyAsync(process, LogOf(directory!), ct);
        isReady = true;
        return Stopwatch.GetElapsedTime(began);
    }

    /// <summary>A metric's value, all its labels together; 0 for one that has not been counted yet. The server gives the same figures again for 300 ms.</summary>
    public async Task<double> MetricAsync(string name, CancellationToken ct)
    {
        using var http = NewHttpClient();
        return (await http.GetStringAsync("/metrics", ct)).Split('\n')
            .Where(line => line.StartsWith(name, StringComparison.Ordinal) && line.Length > name.Length && line[name.Length] is ' ' or '{')
            .Sum(line => double.Parse(line.AsSpan(line.LastIndexOf(' ') + 1), CultureInfo.InvariantCulture));
    }

    public async ValueTask DisposeAsync()
    {
        Accounts.Dispose();
        Meter?.Dispose();
        if (process is not null)
        {
            if (!process.HasExited)
                Posix.SendTerm(process.Id);
            else if (isReady && !isKilled)
                Console.Error.WriteLine($"The {Name} had ended by itself with {process.ExitCode}:\n{string.Join('\n', (await File.ReadAllLinesAsync(LogOf(directory!))).TakeLast(LastLines))}");
            using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(30));
            try
            {
                await process.WaitForExitAsync(patience.Token);
            }
            catch (OperationCanceledException)
            {
                Console.Error.WriteLine($"The {Name} did not end within 30 s of SIGTERM and was killed.");
                process.Kill();
            }

            process.Dispose();
        }

        directory?.Delete(recursive: true);
    }

    private static async Task<Server> StartAsync(string name, bool isRelay, int port, string[] command, Action<ProcessStartInfo> configure, CancellationToken ct, SigningKeyFile? key = null, bool tls = false)
    {
        var directory = Directory.CreateTempSubdirectory("chat-bench-");
        var log = LogOf(directory);

        // A shell sends the log to a file and becomes the server; a pipe would cost the generator time and could stall the server.
        var start = new ProcessStartInfo("/bin/sh", ["-c", "log=$1; shift; exec \"$@\" >\"$log\" 2>&1", "sh", log, DotNet, .. command]);
        start.Environment["Storage__DataDirectory"] = Path.Combine(directory.FullName, "data");
        start.Environment.Remove("ASPNETCORE_URLS");
        configure(start);
        var process = Process.Start(start)!;
        var server = new Server(new Uri($"{(tls ? "https" : "http")}://127.0.0.1:{port}"), name, isRelay, new ProcessMeter(process.Id), process, directory, key);
        try
        {
            await server.ReadyAsync(process, log, ct);
            server.isReady = true;
            return server;
        }
        catch
        {
            await server.DisposeAsync();
            throw;
        }
    }

    private static string DotNet => Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") ?? "dotnet";

    private async Task ReadyAsync(Process process, string log, CancellationToken ct)
    {
        using var http = NewHttpClient();
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(ct);
        patience.CancelAfter(Patience);
        while (true)
        {
            if (process.HasExited)
                throw new BenchException($"The {Name} ended at its start:\n{await File.ReadAllTextAsync(log, ct)}");
            try
            {
                using var ready = await http.GetAsync("/health/ready", patience.Token);
                if (ready.IsSuccessStatusCode)
                    return;
            }
            catch (HttpRequestException)
            {
                // Not listening yet.
            }
            catch (OperationCanceledException) when (!ct.IsCancellationRequested)
            {
                throw new BenchException($"The {Name} was not ready within {Patience.TotalSeconds} s:\n{await File.ReadAllTextAsync(log, ct)}");
            }

            await Task.Delay(10, ct);
        }
    }

    private static string LogOf(DirectoryInfo directory) => Path.Combine(directory.FullName, "log");

    private static Uri HttpAddress(string address)
    {
        var url = new UriBuilder(address);
        url.Scheme = url.Scheme switch
        {
            "http" or "ws" => "http",
            "https" or "wss" => "https",
            var other => throw new ArgumentException($"--url is an http, https, ws or wss address, not {other}."),
        };
        return url.Uri;
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
