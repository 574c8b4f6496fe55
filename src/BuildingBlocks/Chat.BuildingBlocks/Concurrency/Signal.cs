using System.Threading.Channels;

namespace Chat.BuildingBlocks.Concurrency;

/// <summary>Wakes one waiter. If it is set while nobody waits, however often, the next wait returns at once.</summary>
public sealed class Signal
{
    private readonly Channel<bool> _set = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite, SingleReader = true });

    public void Set() => _set.Writer.TryWrite(true);

    public async ValueTask WaitAsync(CancellationToken ct) => await _set.Reader.ReadAsync(ct);
}
