using System.Diagnostics;
using System.Diagnostics.Metrics;
using System.Globalization;
using System.Security.Cryptography;
using Chat.Bench.Servers;
using Chat.BuildingBlocks.Ids;
using Chat.BuildingBlocks.Storage;
using Chat.BuildingBlocks.Storage.Cql;
using Chat.Modules.Messaging.Contracts;
using Chat.Modules.Messaging.Log;
using Chat.Modules.Messaging.Log.Embedded;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;

namespace Chat.Bench;

/// <summary>How long <c>Chat.Host migrate</c> takes for so many messages, and how much memory.</summary>
internal static class MigrateCommand
{
    private const int AppendsAtOnce = 2_000;

    public static async Task<int> RunAsync(Arguments arguments, CancellationToken ct)
    {
        var messages = arguments.Int("--messages", 100_000);
        var conversations = arguments.Int("--conversations", 1_000);
        var text = MessageContent.Of(new string('x', arguments.Int("--text-bytes", 100)));
        var path = Path.GetFullPath(arguments.Text("--host") ?? Server.DefaultHost);
        var options = new CqlOptions
        {
            ContactPoints = arguments.Text("--cql") ?? "127.0.0.1:9042",
            Keyspace = $"chat_migrate_{RandomNumberGenerator.GetHexString(12, lowercase: true)}",
            ReplicationFactor = 1,
            RequestTimeoutMs = 60_000,
        };
        arguments.RefuseUnknown();
        var folder = Directory.CreateTempSubdirectory("chat-bench-migrate-");
        try
        {
            await WriteAsync(folder.FullName, messages, conversations, text, ct);
            var (seconds, cpu, peak) = await MigrateAsync(path, folder.FullName, options, ct);
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
                $"{messages:N0} messages of {conversations:N0} conversations: {seconds:N1} s, {messages / seconds:N0}/s, {1e6 * cpu / messages:N0} µs of the command's CPU each, {peak >> 20:N0} MiB resident at most"));
        }
        finally
        {
            folder.Delete(recursive: true);
        }
        await using var cluster = await ClusterLog.OpenAsync(options, ct);
        await cluster.Session.ExecuteAsync(new CqlStatement($"DROP KEYSPACE {options.Keyspace}"), ct);
        return 0;
    }

    private static async Task WriteAsync(string folder, int messages, int conversations, MessageContent text, CancellationToken ct)
    {
        await File.WriteAllBytesAsync(Path.Combine(folder, "chat.db"), [], ct);
        using var data = new DataDirectory(Options.Create(new StorageOptions { DataDirectory = folder }));
        using var meters = new NoMeters();
        using var log = new RocksMessageLog(data, meters, TimeProvider.System, new ActivityClock(NullLogger<ActivityClock>.Instance));
        var now = TimeProvider.System.GetUtcNow();
        // Some a second, as they come to one server.
        foreach (var wave in Enumerable.Range(0, messages).Chunk(AppendsAtOnce))
        {
            await Task.WhenAll(wave.Select(n =>
            {
                var at = now - TimeSpan.FromMilliseconds(50.0 * (messages - n));
                var (one, other) = (UserId.Parse($"user{n % conversations}"), UserId.Parse($"user{(n % conversations) + 1}"));
                return log.AppendAsync(
                    new MessageDraft(ConversationId.Direct(one, other), new DeviceAddress(n % 2 == 0 ? one : other, DeviceId.Parse("bench")), $"{Guid.CreateVersion7(at)}", text, at), ct);
            }));
        }
    }

    private static async Task<(double Seconds, double Cpu, long PeakBytes)> MigrateAsync(string path, string folder, CqlOptions options, CancellationToken ct)
    {
        var start = new ProcessStartInfo("dotnet", [path, "migrate", "--to", "cql"]) { WorkingDirectory = Path.GetDirectoryName(path) };
        start.Environment["Storage__DataDirectory"] = folder;
        start.Environment["Cql__ContactPoints"] = options.ContactPoints;
        start.Environment["Cql__Keyspace"] = options.Keyspace;
        start.Environment["Cql__ReplicationFactor"] = "1";
        start.Environment["Cql__RequestTimeoutMs"] = "60000";
        start.Environment["Auth__SigningKeyFile"] = Path.Combine(folder, "none");
        var started = Stopwatch.GetTimestamp();
        using var process = Process.Start(start)!;
        var (cpu, peak) = (0.0, 0L);
        while (!process.HasExited)
        {
            (cpu, peak) = (process.TotalProcessorTime.TotalSeconds, Math.Max(peak, process.PeakWorkingSet64));
            await Task.Delay(100, ct);
            process.Refresh();
        }
        return process.ExitCode == 0
            ? (Stopwatch.GetElapsedTime(started).TotalSeconds, cpu, peak)
            : throw new BenchException("The command failed.");
    }

    private sealed class NoMeters : IMeterFactory
    {
        private readonly Meter _meter = new("Chat");

        public Meter Create(MeterOptions options) => _meter;

        public void Dispose() => _meter.Dispose();
    }
}
