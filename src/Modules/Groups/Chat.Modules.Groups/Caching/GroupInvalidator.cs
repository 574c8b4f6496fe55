using System.Threading.Channels;
using Chat.BuildingBlocks.Nodes;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Chat.Modules.Groups.Caching;

/// <summary>
/// Hears what other nodes have changed. The cache forgets it at once; then it is read again, so that this node's connections are told although nobody reads the
/// group. Registered with the stores that several nodes share.
/// </summary>
internal sealed class GroupInvalidator(GroupDirectory directory, ILogger<GroupInvalidator> log) : BackgroundService, IBusHandler
{
    // Beyond it a change is found when the group is next read.
    private const int MaxWaiting = 4_096;

    private readonly Channel<GroupChanged> _changes = Channel.CreateBounded<GroupChanged>(
        new BoundedChannelOptions(MaxWaiting) { FullMode = BoundedChannelFullMode.DropWrite, SingleReader = true });

    public string Topic => GroupChanged.Topic;

    public ValueTask ReceiveAsync(NodeId from, ReadOnlyMemory<byte> payload, CancellationToken ct)
    {
        var change = GroupChanged.Decode(payload);
        directory.Invalidate(change);
        _changes.Writer.TryWrite(change);
        return ValueTask.CompletedTask;
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        await foreach (var change in _changes.Reader.ReadAllAsync(stoppingToken))
        {
            try
            {
                await directory.RefreshAsync(change);
            }
            catch (Exception e)
            {
                log.GroupNotRefreshed(change.Group, e);
            }
        }
    }
}
