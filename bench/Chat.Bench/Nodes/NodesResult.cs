using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using Chat.Bench.Load;

namespace Chat.Bench.Nodes;

/// <summary>How users write to one another.</summary>
internal enum Talk
{
    /// <summary>Pairs in turn: whoever got a message writes the next.</summary>
    Turns,

    /// <summary>Pairs of which one writes and the other acks.</summary>
    Writes,

    /// <summary>Groups whose members all write at once.</summary>
    Groups,
}

/// <summary>What one load on several servers showed. Of a message: over those acked in the measured window; rows and terms over those of the whole run.</summary>
internal sealed record NodesResult
{
    public required string Build { get; init; }
    public required int Servers { get; init; }
    public required Talk Talk { get; init; }
    public required LoadResult Load { get; init; }
    public double RedisCpuMicrosecondsPerMessage { get; init; }
    /// <summary>Of the database's process, whoever it worked for; null where it is not known.</summary>
    public double? DatabaseCpuMicrosecondsPerMessage { get; init; }
    public double RedisCommandsPerMessage { get; init; }
    public double RedisBytesInPerMessage { get; init; }
    public double RedisBytesOutPerMessage { get; init; }
    public required IReadOnlyDictionary<string, double> RedisCallsPerMessage { get; init; }
    /// <summary>Rows in the log that are no messages.</summary>
    public double LostRowsPerMessage { get; init; }
    /// <summary>Changes of who writes to a conversation.</summary>
    public double TermsPerMessage { get; init; }

    /// <summary>Messages that hosts sent again in the whole run, as no ack of them had come in time: the usual reason for one that comes twice.</summary>
    public double Resent { get; init; }

    public static NodesResult Of(string build, int servers, Talk talk, LoadResult load, ClusterMeter meter, LogSize log)
    {
        var messages = load.AckedPerSecond * load.Options.Seconds;
        return new NodesResult
        {
            Build = build,
            Servers = servers,
            Talk = talk,
            Load = load,
            RedisCpuMicrosecondsPerMessage = meter.Redis.CpuSeconds * 1e6 / messages,
            DatabaseCpuMicrosecondsPerMessage = meter.DatabaseCpu?.TotalMicroseconds / messages,
            RedisCommandsPerMessage = meter.Redis.Commands / messages,
            RedisBytesInPerMessage = meter.Redis.BytesIn / messages,
            RedisBytesOutPerMessage = meter.Redis.BytesOut / messages,
            RedisCallsPerMessage = meter.Calls.OrderByDescending(command => command.Value).ToDictionary(command => command.Key, command => command.Value / messages),
            LostRowsPerMessage = (double)(log.Rows - load.Acked) / load.Acked,
            TermsPerMessage = (double)log.Terms / load.Acked,
        };
    }

    public override string ToString()
    {
        var text = new StringBuilder(Load.ToString());
        text.AppendLine(CultureInfo.InvariantCulture,
            $"  Redis      {RedisCpuMicrosecondsPerMessage,8:N1} µs CPU a message, {RedisCommandsPerMessage:N2} commands, {RedisBytesInPerMessage:N0} bytes in, {RedisBytesOutPerMessage:N0} out ({string.Join(", ", RedisCallsPerMessage.Take(4).Select(command => string.Create(CultureInfo.InvariantCulture, $"{command.Key} {command.Value:N2}")))})");
        if (DatabaseCpuMicrosecondsPerMessage is { } cpu)
            text.AppendLine(CultureInfo.InvariantCulture, $"  database   {cpu,8:N1} µs CPU a message");
        text.AppendLine(CultureInfo.InvariantCulture, $"  log        {LostRowsPerMessage:N3} rows of lost terms and {TermsPerMessage:N3} terms a message; sent again as un-acked {Resent:N0}");
        return text.ToString();
    }
}

[JsonSourceGenerationOptions(WriteIndented = true, PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, UseStringEnumConverter = true)]
[JsonSerializable(typeof(NodesResult[]))]
internal sealed partial class NodesJson : JsonSerializerContext
{
    /// <summary>Does nothing without a path.</summary>
    public static async Task WriteAsync(string? path, NodesResult[] results, CancellationToken ct)
    {
        if (path is not null)
            await File.WriteAllTextAsync(path, JsonSerializer.Serialize(results, Default.NodesResultArray), ct);
    }
}
