using StackExchange.Redis;

namespace Chat.Bench.Bus;

/// <summary>A stream of Redis, trimmed to 10,000 entries: XADD, and XREAD on a connection that may block.</summary>
internal sealed class StreamTransport : IBusTransport
{
    private const string Key = "bench";

    private readonly ConnectionMultiplexer _sender;
    private readonly ConnectionMultiplexer _receiver;
    private readonly Batches _batches;
    private readonly Task _reading;
    private volatile bool _hasEnded;

    private StreamTransport(ConnectionMultiplexer sender, ConnectionMultiplexer receiver, Action<ReadOnlyMemory<byte>> receive)
    {
        (_sender, _receiver) = (sender, receiver);
        _batches = new Batches(batch => sender.GetDatabase().StreamAddAsync(Key, "b", batch, maxLength: 10_000, useApproximateMaxLength: true));
        _reading = ReadAsync(receive);
    }

    public static async Task<IBusTransport> ConnectAsync(string address, Action<ReadOnlyMemory<byte>> receive) => new StreamTransport(
        await ConnectionMultiplexer.ConnectAsync($"{address},connectTimeout=20000"), await ConnectionMultiplexer.ConnectAsync($"{address},connectTimeout=20000,asyncTimeout=60000"), receive);

    public void Send(ReadOnlyMemory<byte> message) => _batches.Add(message);

    public async ValueTask DisposeAsync()
    {
        await _batches.DisposeAsync();
        _hasEnded = true;
        await _reading;
        await _sender.DisposeAsync();
        await _receiver.DisposeAsync();
    }

    private async Task ReadAsync(Action<ReadOnlyMemory<byte>> receive)
    {
        var last = "0-0";
        while (!_hasEnded)
        {
            var answer = await _receiver.GetDatabase().ExecuteAsync("XREAD", "COUNT", 100, "BLOCK", 200, "STREAMS", Key, last);
            if (answer.IsNull)
                continue;
            // Of one stream: its name and its entries, each an id and its fields.
            var entries = answer.Resp3Type == ResultType.Map ? answer[1] : answer[0][1];
            for (var i = 0; i < entries.Length; i++)
            {
                last = (string)entries[i][0]!;
                Batches.Read((byte[])entries[i][1][1]!, receive);
            }
        }
    }
}
