using System.Buffers;
using System.Text;
using Chat.BuildingBlocks.Nodes.Bus;

namespace Chat.BuildingBlocks.Nodes.Tests.Running;

/// <summary>A node with a lease that says what the test says, through another one's connection to Redis.</summary>
internal sealed class ScriptedNode(TestNode through)
{
    public NodeId Id { get; } = NodeId.New();

    public ulong Stream { get; set; } = 7;

    public async Task<ScriptedNode> JoinAsync()
    {
        await through.Leases.RenewAsync(Id, null, TimeSpan.FromMinutes(1), null);
        return this;
    }

    public Task LeaveAsync() => through.Leases.EndAsync(Id);

    /// <summary>A batch whose last message has a number.</summary>
    public Task SendAsync(TestNode to, long last, params string[] texts) => SendAsync(to, last, "test", texts);

    /// <inheritdoc cref="SendAsync(TestNode, long, string[])"/>
    public Task SendAsync(TestNode to, long last, string topic, string[] texts)
    {
        var bytes = new ArrayBufferWriter<byte>();
        new Batch { From = Id, Stream = Stream, Last = last, Count = texts.Length }.WriteHead(bytes);
        foreach (var text in texts)
            Batch.WriteMessage(bytes, topic, Encoding.UTF8.GetBytes(text));
        return SendAsync(to, bytes.WrittenMemory);
    }

    public async Task SendAsync(TestNode to, ReadOnlyMemory<byte> bytes) =>
        Assert.Equal(1, await through.Redis.PublishAsync("test", BusServices.ChannelOf(to.Id), bytes));
}
