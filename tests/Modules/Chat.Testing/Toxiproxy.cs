using System.Diagnostics;
using System.Globalization;
using System.Net.Http.Json;
using System.Runtime.CompilerServices;

namespace Chat.Testing;

/// <summary>
/// A link that a test cuts, slows and tears: a toxiproxy-server before another server. It is found at <c>CHAT_TEST_TOXIPROXY</c>, or in a folder
/// <c>shared/toxiproxy</c> beside the repository; without it <see cref="IsMissing"/> says so, and the test skips with <see cref="Missing"/>.
/// </summary>
public sealed class Toxiproxy : IAsyncDisposable
{
    public const string Missing = "no toxiproxy-server: set CHAT_TEST_TOXIPROXY";

    private readonly Process _process;
    private readonly HttpClient _orders;
    private readonly int _port;
    private int _toxics;

    private Toxiproxy(Process process, HttpClient orders, int port) => (_process, _orders, _port) = (process, orders, port);

    public static bool IsMissing { get; } = Program is null;

    /// <summary>What reaches the server through the proxy.</summary>
    public string Address => string.Create(CultureInfo.InvariantCulture, $"127.0.0.1:{_port}");

    private static string? Program => new[]
    {
        Environment.GetEnvironmentVariable("CHAT_TEST_TOXIPROXY"),
        Path.Combine(Path.GetDirectoryName(Here())!, "../../../../shared/toxiproxy/toxiproxy-server"),
    }.FirstOrDefault(File.Exists);

    /// <param name="upstream">The server, <c>host:port</c>.</param>
    public static async Task<Toxiproxy> StartAsync(string upstream)
    {
        var orders = FreePort.Next();
        var process = TestProcesses.Start(new ProcessStartInfo(
            Program ?? throw new InvalidOperationException(Missing), ["-host", "127.0.0.1", "-port", orders.ToString(CultureInfo.InvariantCulture)]));
        var proxy = new Toxiproxy(
            process, new HttpClient { BaseAddress = new Uri(string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{orders}")) }, FreePort.Next());
        await Wait.UntilAsync(proxy.AnswersAsync, "toxiproxy answers");
        await proxy.OrderAsync("/proxies", new { name = "link", listen = proxy.Address, upstream });
        return proxy;
    }

    /// <summary>Ends all connections, and refuses new ones.</summary>
    public Task CutAsync() => OrderAsync("/proxies/link", new { enabled = false });

    public Task MendAsync() => OrderAsync("/proxies/link", new { enabled = true });

    /// <summary>Adds to the way of each byte, in both directions together.</summary>
    public Task SlowAsync(int milliseconds) => AddAsync("latency", "downstream", new { latency = milliseconds });

    /// <summary>Ends each connection after so many bytes to the client, wherever in a frame that is.</summary>
    public Task TearAfterAsync(int bytes) => AddAsync("limit_data", "downstream", new { bytes });

    /// <summary>Takes off what was added.</summary>
    public async Task HealAsync()
    {
        for (; _toxics > 0; _toxics--)
        {
            using var answer = await _orders.DeleteAsync(new Uri($"/proxies/link/toxics/t{_toxics}", UriKind.Relative));
            answer.EnsureSuccessStatusCode();
        }
    }

    public async ValueTask DisposeAsync()
    {
        _orders.Dispose();
        await TestProcesses.KillAsync(_process);
    }

    private Task AddAsync(string type, string stream, object attributes) =>
        OrderAsync("/proxies/link/toxics", new { name = $"t{++_toxics}", type, stream, attributes });

    private async Task OrderAsync(string path, object order)
    {
        using var answer = await _orders.PostAsJsonAsync(path, order);
        answer.EnsureSuccessStatusCode();
    }

    private async Task<bool> AnswersAsync()
    {
        try
        {
            using var answer = await _orders.GetAsync(new Uri("/version", UriKind.Relative));
            return answer.IsSuccessStatusCode;
        }
        catch (HttpRequestException)
        {
            return false;
        }
    }

    private static string Here([CallerFilePath] string path = "") => path;
}
