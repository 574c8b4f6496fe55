using System.Diagnostics;
using System.Net;
using System.Net.Sockets;

namespace Chat.Testing;

/// <summary>Debian's clamd, with one signature of the tests' own: that of the test string which every scanner knows.</summary>
public sealed class ClamdServer : IAsyncDisposable
{
    public const int MaxBytes = 200_000;

    private const string Clamd = "/usr/sbin/clamd";

    private readonly string _folder = Directory.CreateTempSubdirectory("chat-clamd-").FullName;
    private readonly Lazy<Task<string>> _address;
    private Process? _process;

    public ClamdServer() => _address = new Lazy<Task<string>>(StartAsync);

    public static bool IsMissing => !File.Exists(Clamd);

    public const string Missing = "no clamd: install Debian's clamav-daemon";

    /// <summary>EICAR's; in two parts, so that no scanner takes this file for one.</summary>
    public static byte[] Eicar { get; } = [.. @"X5O!P%@AP[4\PZX54(P^)7CC)7}$EICAR-STAND"u8, .. "ARD-ANTIVIRUS-TEST-FILE!$H+H*"u8];

    /// <summary>Starts it, if nothing has yet.</summary>
    public Task<string> AddressAsync() => _address.Value;

    private async Task<string> StartAsync()
    {
        var port = FreePort.Next();
        var data = Directory.CreateDirectory(Path.Combine(_folder, "data")).FullName;
        await File.WriteAllTextAsync(Path.Combine(data, "test.ndb"), $"Chat.Test.Eicar:0:*:{Convert.ToHexStringLower(Eicar)}\n");
        var settings = Path.Combine(_folder, "clamd.conf");
        await File.WriteAllTextAsync(settings, $"""
            Foreground yes
            DatabaseDirectory {data}
            TemporaryDirectory {_folder}
            TCPSocket {port}
            TCPAddr 127.0.0.1
            StreamMaxLength {MaxBytes}
            MaxThreads 2
            OfficialDatabaseOnly no

            """);
        _process = TestProcesses.Start(new ProcessStartInfo(Clamd, $"--config-file={settings}"));
        await Wait.UntilAsync(() => AnswersAsync(port), "clamd answers");
        return $"127.0.0.1:{port}";
    }

    public async ValueTask DisposeAsync()
    {
        if (_process is not null)
            await TestProcesses.KillAsync(_process);
        Directory.Delete(_folder, recursive: true);
    }

    private static async Task<bool> AnswersAsync(int port)
    {
        try
        {
            using var client = new TcpClient();
            await client.ConnectAsync(IPAddress.Loopback, port);
            await using var stream = client.GetStream();
            await stream.WriteAsync("zPING\0"u8.ToArray());
            return await stream.ReadAtLeastAsync(new byte[5], 5, throwOnEndOfStream: false) == 5;
        }
        catch (SocketException)
        {
            return false;
        }
    }
}
