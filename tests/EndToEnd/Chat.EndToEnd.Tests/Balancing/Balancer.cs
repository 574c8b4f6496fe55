using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Chat.EndToEnd.Tests.Clients;
using Chat.EndToEnd.Tests.Running;
using Chat.Testing;

namespace Chat.EndToEnd.Tests.Balancing;

/// <summary>
/// A real load balancer in front of three servers, with the configuration of deploy/: only addresses, files, the certificate and the number of
/// connections are changed.
/// </summary>
internal abstract class Balancer : IAsyncDisposable
{
    private readonly X509Certificate2 _certificate;
    private Process? _process;

    protected Balancer()
    {
        Folder = Directory.CreateTempSubdirectory("chat-balancer-").FullName;
        // A worker that has given up root reads and writes here.
        File.SetUnixFileMode(Folder, File.GetUnixFileMode(Folder) | UnixFileMode.OtherExecute | UnixFileMode.OtherRead);
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=chat.test", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        var names = new SubjectAlternativeNameBuilder();
        names.AddIpAddress(IPAddress.Loopback);
        request.CertificateExtensions.Add(names.Build());
        var now = TimeProvider.System.GetUtcNow();
        _certificate = request.CreateSelfSigned(now.AddDays(-1), now.AddDays(1));
        File.WriteAllText(CertificateFile, _certificate.ExportCertificatePem());
        File.WriteAllText(KeyFile, key.ExportPkcs8PrivateKeyPem());
        (Port, PlainPort) = (FreePort.Next(), FreePort.Next());
    }

    /// <summary>Where clients connect, by TLS.</summary>
    public Uri Address => new(string.Create(CultureInfo.InvariantCulture, $"https://127.0.0.1:{Port}"));

    /// <summary>Where clients connect without TLS.</summary>
    public Uri PlainAddress => new(string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{PlainPort}"));

    public int Port { get; }

    /// <summary>The certificate, which clients have to trust.</summary>
    public string CertificateFile => Path.Combine(Folder, "chat.pem");

    protected string KeyFile => Path.Combine(Folder, "chat.key");

    protected string Folder { get; }

    protected int PlainPort { get; }

    /// <summary>All lines of its logs.</summary>
    public abstract string Log { get; }

    /// <summary>Connects a device through it, with the hint of its user.</summary>
    public Task<WireClient> ConnectAsync(Account account, Action<Frame> onFrame, CancellationToken ct) =>
        WireClient.ConnectAsync(Address, $"/ws?user={account.UserId}", account.AccessToken, onFrame, NewHandler(), ct);

    /// <summary>A handler that trusts the balancer's certificate.</summary>
    /// <param name="from">The client's own address; any of 127.0.0.0/8.</param>
    public SocketsHttpHandler NewHandler(IPAddress? from = null) => new()
    {
        AllowAutoRedirect = false,
        SslOptions = new SslClientAuthenticationOptions
        {
            CertificateChainPolicy = new X509ChainPolicy
            {
                TrustMode = X509ChainTrustMode.CustomRootTrust, CustomTrustStore = { _certificate }, RevocationMode = X509RevocationMode.NoCheck,
            },
        },
        ConnectCallback = async (context, ct) =>
        {
            var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
            try
            {
                if (from is not null)
                    socket.Bind(new IPEndPoint(from.MapToIPv6(), 0));
                await socket.ConnectAsync(context.DnsEndPoint, ct);
                return new NetworkStream(socket, ownsSocket: true);
            }
            catch
            {
                socket.Dispose();
                throw;
            }
        },
    };

    public async ValueTask DisposeAsync()
    {
        if (_process is not null)
        {
            await TestProcesses.KillAsync(_process);
            _process = null;
        }
        _certificate.Dispose();
        if (Directory.Exists(Folder))
            Directory.Delete(Folder, recursive: true);
    }

    /// <summary>Starts the program and waits until it listens. Skips the test where it is not installed.</summary>
    protected async Task RunAsync(string program, params string[] arguments)
    {
        if (SystemPrograms.Find(program) is not { } path)
        {
            Assert.Skip($"{program} is not installed: no connection was made through it.");
            return;
        }
        _process = TestProcesses.Start(new ProcessStartInfo(path, arguments), Keep);
        await Until.TrueAsync(ListensAsync, $"{program} listens", () => Log);
    }

    /// <summary>Takes what the program writes to its standard output and error.</summary>
    protected virtual void Keep(string line)
    {
    }

    /// <summary>Replaces what a shipped configuration has, which must be there.</summary>
    protected static string Replace(string configuration, string shipped, string here)
    {
        Assert.Contains(shipped, configuration, StringComparison.Ordinal);
        return configuration.Replace(shipped, here, StringComparison.Ordinal);
    }

    protected static string ReadShipped(params string[] path) => File.ReadAllText(Path.Combine([Repository.Root, "deploy", .. path]));

    private async Task<bool> ListensAsync()
    {
        if (_process is { HasExited: true })
            throw new InvalidOperationException($"The load balancer ended with {_process.ExitCode}:\n{Log}");
        using var socket = new TcpClient();
        try
        {
            await socket.ConnectAsync(IPAddress.Loopback, Port, TestContext.Current.CancellationToken);
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }
}

/// <param name="Port">Where it serves clients, on 127.0.0.1.</param>
/// <param name="OperationsPort">Where it says whether it is ready.</param>
internal sealed record BalancedServer(int Port, int OperationsPort);
