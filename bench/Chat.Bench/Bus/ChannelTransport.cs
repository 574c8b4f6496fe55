using StackExchange.Redis;

namespace Chat.Bench.Bus;

/// <summary>A channel of Redis: PUBLISH.</summary>
internal sealed class ChannelTransport : IBusTransport
{
    private static readonly RedisChannel Channel = RedisChannel.Literal("bench");

    private readonly ConnectionMultiplexer _sender;
    private readonly ConnectionMultiplexer _receiver;
    private readonly Batches _batches;

    private ChannelTransport(ConnectionMultiplexer sender, ConnectionMultiplexer receiver)
    {
        (_sender, _receiver) = (sender, receiver);
        _batches = new Batches(batch => sender.GetSubscriber().PublishAsync(Channel, batch));
    }

    public static async Task<IBusTransport> ConnectAsync(string address, Action<ReadOnlyMemory<byte>> receive)
    {
        var receiver = await ConnectionMultiplexer.ConnectAsync($"{address},connectTimeout=20000");
        var queue = await receiver.GetSubscriber().SubscribeAsync(Channel);
        queue.OnMessage(message => Batches.Read(message.Message, receive));
        return new ChannelTransport(await ConnectionMultiplexer.ConnectAsync($"{address},connectTimeout=20000"), receiver);
    }

    public void Send(ReadOnlyMemory<byte> message) => _batches.Add(message);

    public async ValueTask DisposeAsync()
    {
        await _batches.DisposeAsync();
        await _sender.DisposeAsync();
        await _receiver.DisposeAsync();
    }
}
