using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Chat.Bench.Load;

/// <summary>What one load showed. Rates, latencies and CPU are of the measured window; the counts are of the whole run, warm-up and all.</summary>
internal sealed record LoadResult
{
    public required string Server { get; init; }
    public required LoadOptions Options { get; init; }
    public double AckedPerSecond { get; init; }
    public double DeliveredPerSecond { get; init; }
    public LatencySummary? SentToAck { get; init; }
    public LatencySummary? SentToDelivered { get; init; }
    /// <summary>Of several servers: between users of the same one, and between those of two. Of a message to a group the ack is one across, where a member is elsewhere.</summary>
    public Latencies? SameServer { get; init; }
    /// <inheritdoc cref="SameServer"/>
    public Latencies? Across { get; init; }
    public LatencySummary? SentToReceipt { get; init; }
    public LatencySummary? GeneratorLate { get; init; }
    public double? ServerCpuMicrosecondsPerMessage { get; init; }
    /// <summary>Of a host by itself: what its managed heap gave out for each message appended.</summary>
    public double? ServerBytesPerMessage { get; init; }
    public long? ServerRssBytes { get; init; }
    public double GeneratorCpuMicrosecondsPerMessage { get; init; }
    public long Sent { get; init; }
    public long Acked { get; init; }
    public long Arrived { get; init; }
    public long AckedButMissing { get; init; }
    public long Duplicates { get; init; }
    public long OutOfOrder { get; init; }
    /// <summary>Due, but not sent: the pacer had not got to it by the end, or the server read too slowly. No latency stands for these.</summary>
    public long NeverSent { get; init; }
    public int LostConnections { get; init; }
    public required IReadOnlyDictionary<string, int> Troubles { get; init; }
    /// <summary>Of the acked messages, at all receivers together.</summary>
    public long Expected { get; init; }
    public ReturnResult? Returned { get; init; }
    [JsonIgnore] public IReadOnlyList<string> Conversations { get; init; } = [];

    /// <summary>All that was sent was acked, and arrived once or more, in order.</summary>
    public bool IsClean => Sent == Acked && Arrived == Expected && AckedButMissing + OutOfOrder + NeverSent + LostConnections == 0
        && Troubles.Count == 0;

    public override string ToString()
    {
        var text = new StringBuilder();
        Line($"{Server}: {Options}");
        Line($"  acked {AckedPerSecond,10:N0} /s     delivered {DeliveredPerSecond,10:N0} /s");
        Line($"  {"latency, ms",-18}{"p50",9}{"p90",9}{"p99",9}{"p99.9",9}{"max",9}");
        Row("send to ack", SentToAck);
        Row("send to delivered", SentToDelivered);
        Row("  same server", SameServer?.SentToDelivered);
        Row("  across", Across?.SentToDelivered);
        Row("send to receipt", SentToReceipt);
        Row("generator late", GeneratorLate);
        Row("return to caughtUp", Returned?.ToCaughtUp);
        if (Returned is { } back)
            Line($"  returned   {back.Devices,8:N0} devices in {back.Seconds:N2} s, {back.Messages:N0} messages, {back.MessagesPerSecond:N0} /s; {back.CpuMilliseconds:N2} ms of server CPU a device");
        if (ServerCpuMicrosecondsPerMessage is { } cpu)
            Line($"  server     {cpu,8:N1} µs CPU a message, {cpu * AckedPerSecond / 1e6:N2} cores, {ServerRssBytes / 1048576.0:N0} MiB resident");
        if (ServerBytesPerMessage is { } bytes)
            Line($"  server     {bytes,8:N0} bytes allocated a message");
        Line($"  generator  {GeneratorCpuMicrosecondsPerMessage,8:N1} µs CPU a message, {GeneratorCpuMicrosecondsPerMessage * AckedPerSecond / 1e6:N2} cores");
        Line($"  checked    sent {Sent}, acked {Acked}, arrived {Arrived}, acked but missing {AckedButMissing}, twice {Duplicates}, out of order {OutOfOrder}");
        if (!IsClean)
            Line($"  NOT CLEAN  due but never sent {NeverSent}, lost connections {LostConnections}, {string.Join(", ", Troubles.Select(trouble => $"{trouble.Key}: {trouble.Value}"))}");
        return text.ToString();

        void Line(FormattableString line) => text.AppendLine(line.ToString(CultureInfo.InvariantCulture));
        void Row(string name, LatencySummary? latency)
        {
            if (latency is { } l)
                Line($"  {name,-18}{l.P50,9:N2}{l.P90,9:N2}{l.P99,9:N2}{l.P999,9:N2}{l.Max,9:N2}");
        }
    }
}

/// <summary>All who were away came back at once.</summary>
/// <param name="Devices">How many.</param>
/// <param name="Messages">That came to them.</param>
/// <param name="Seconds">From the first connect until all were caught up and had all messages.</param>
/// <param name="ToCaughtUp">From the moment when all began to connect.</param>
/// <param name="CpuMilliseconds">Of the server, for each device, all its messages included.</param>
internal sealed record ReturnResult(int Devices, long Messages, double Seconds, LatencySummary? ToCaughtUp, double? CpuMilliseconds)
{
    public double MessagesPerSecond => Messages / Seconds;
}

internal sealed record Latencies(LatencySummary? SentToAck, LatencySummary? SentToDelivered);

/// <summary>The results for machines.</summary>
[JsonSourceGenerationOptions(WriteIndented = true, PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, UseStringEnumConverter = true)]
[JsonSerializable(typeof(LoadResult[]))]
internal sealed partial class ResultJson : JsonSerializerContext
{
    /// <summary>Does nothing without a path.</summary>
    public static async Task WriteAsync(string? path, LoadResult[] results, CancellationToken ct)
    {
        if (path is not null)
            await File.WriteAllTextAsync(path, JsonSerializer.Serialize(results, Default.LoadResultArray), ct);
    }
}
