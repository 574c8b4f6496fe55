using System.Diagnostics.Metrics;
using StackExchange.Redis;

namespace Chat.BuildingBlocks.Storage.Redis;

/// <summary>What goes to Redis and comes from it, by what it is for.</summary>
internal sealed class RedisMetrics
{
    private readonly TimeProvider _clock;
    private readonly Histogram<double> _commands;
    private readonly Counter<long> _failures;
    private readonly Counter<long> _sent;
    private readonly Counter<long> _received;
    private readonly Counter<long> _messages;

    public RedisMetrics(IMeterFactory meters, Func<bool> isUp, TimeProvider clock)
    {
        _clock = clock;
        var meter = meters.Create("Chat");
        _commands = meter.CreateHistogram<double>("chat.redis.commands", "s", "Commands to Redis, until they were answered.");
        _failures = meter.CreateCounter<long>("chat.redis.failures", description: "Commands that Redis did not answer in time, or refused.");
        _sent = meter.CreateCounter<long>("chat.redis.sent", "By", "Keys, arguments and messages sent to Redis.");
        _received = meter.CreateCounter<long>("chat.redis.received", "By", "Answers and messages that came from Redis.");
        _messages = meter.CreateCounter<long>("chat.redis.messages", description: "Messages of channels that came from Redis.");
        meter.CreateObservableGauge("chat.redis.up", () => isUp() ? 1 : 0, description: "1 while Redis answers and refuses nothing, else 0.");
    }

    public long Now => _clock.GetTimestamp();

    public void Answered(string purpose, long started, long sent, long received)
    {
        var tag = KeyValuePair.Create<string, object?>("purpose", purpose);
        _commands.Record(_clock.GetElapsedTime(started).TotalSeconds, tag);
        _sent.Add(sent, tag);
        _received.Add(received, tag);
    }

    public void Failed(string purpose) => _failures.Add(1, KeyValuePair.Create<string, object?>("purpose", purpose));

    public void Delivered(string purpose, long bytes)
    {
        var tag = KeyValuePair.Create<string, object?>("purpose", purpose);
        _messages.Add(1, tag);
        _received.Add(bytes, tag);
    }

    public static long SizeOf(RedisKey[] keys, RedisValue[] values) => keys.Sum(key => (long)((string?)key)!.Length) + values.Sum(value => value.Length());

    public static long SizeOf(RedisResult result)
    {
        if (result.IsNull)
            return 0;
        if (result.Length < 0)
            return ((RedisValue)result).Length();
        var size = 0L;
        for (var i = 0; i < result.Length; i++)
            size += SizeOf(result[i]);
        return size;
    }
}
