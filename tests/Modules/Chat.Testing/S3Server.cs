using System.Diagnostics;
using System.Globalization;
using System.Runtime.CompilerServices;

namespace Chat.Testing;

/// <summary>
/// A real S3 server (VersityGW) on a folder that is gone afterwards, with one bucket. It is found at <c>CHAT_TEST_S3</c>, or in a folder <c>shared/s3</c> beside the
/// repository; without it <see cref="IsMissing"/> says so, and the test skips with <see cref="Missing"/>.
/// </summary>
public sealed class S3Server : IAsyncDisposable
{
    public const string Missing = "no S3 server: set CHAT_TEST_S3 to a versitygw";
    public const string Bucket = "chat";
    public const string AccessKey = "chat";
    public const string SecretKey = "chat-secret";

    private readonly string _folder = Directory.CreateTempSubdirectory("chat-s3-").FullName;
    private Process? _process;

    public static bool IsMissing { get; } = Program is null;

    public string Endpoint { get; private set; } = "";

    private static string? Program => new[]
    {
        Environment.GetEnvironmentVariable("CHAT_TEST_S3"),
        Path.Combine(Path.GetDirectoryName(Here())!, "../../../../shared/s3/versitygw"),
    }.FirstOrDefault(File.Exists);

    /// <summary>Nothing happens where it runs already.</summary>
    public async Task StartAsync()
    {
        if (_process is not null)
            return;
        Directory.CreateDirectory(Path.Combine(_folder, Bucket));
        var address = string.Create(CultureInfo.InvariantCulture, $"127.0.0.1:{FreePort.Next()}");
        var start = new ProcessStartInfo(Program ?? throw new InvalidOperationException(Missing), ["--port", address, "posix", _folder]);
        start.Environment["ROOT_ACCESS_KEY"] = AccessKey;
        start.Environment["ROOT_SECRET_KEY"] = SecretKey;
        _process = TestProcesses.Start(start);
        Endpoint = $"http://{address}";
        using var http = new HttpClient();
        await Wait.UntilAsync(() => AnswersAsync(http), "the S3 server answers");
    }

    /// <summary>The bucket's objects below a prefix that ends with a slash, and the parts of all unfinished uploads.</summary>
    public IReadOnlyList<string> Files(string prefix) =>
        [.. new[] { prefix, ".sgwtmp" }.Select(folder => Path.Combine(_folder, Bucket, folder)).Where(Directory.Exists)
            .SelectMany(folder => Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories))];

    public async ValueTask DisposeAsync()
    {
        if (_process is not null)
            await TestProcesses.KillAsync(_process);
        Directory.Delete(_folder, recursive: true);
    }

    private async Task<bool> AnswersAsync(HttpClient http)
    {
        try
        {
            using var answer = await http.GetAsync(new Uri(Endpoint));
            return true;
        }
        catch (HttpRequestException)
        {
            return false;
        }
    }

    private static string Here([CallerFilePath] string path = "") => path;
}
