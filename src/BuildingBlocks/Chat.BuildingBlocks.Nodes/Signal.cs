using System.Threading.Channels;

namespace Chat.BuildingBlocks.Nodes;

/// <summary>Wakes one who waits; set while nobody waits, the next wait returns at once.</summary>
internal sealed class Signal
{
    private readonly Channel<bool> _set = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite, SingleReader = true });

    public void Set() => _set.Writer.TryWrite(true);

    public async ValueTask WaitAsync(CancellationToken ct) => await _set.Reader.ReadAsync(ct);
}
