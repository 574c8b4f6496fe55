using System.Threading.Channels;
using Chat.BuildingBlocks.Concurrency;
using Chat.BuildingBlocks.Ids;
using Chat.BuildingBlocks.Nodes;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Chat.Modules.Groups.Caching;

/// <summary>
/// Hears what other nodes have changed. The cache forgets it at once; then it is read again, so that this node's connections are told although nobody reads the
/// group. What may not have been heard, all that is cached is compared with the store, at <see cref="GroupsOptions.RefreshesPerSecond"/>, and at once where it is read.
/// Registered with the stores that several nodes share.
/// </summary>
internal sealed class GroupInvalidator(GroupDirectory directory, IOptions<GroupsOptions> options, TimeProvider clock, ILogger<GroupInvalidator> log)
    : BackgroundService, IBusHandler, INodeObserver
{
    private const int StepsPerSecond = 20;

    // Beyond it a change is found when the group is next read.
    private const int MaxWaiting = 4_096;

    private readonly Channel<GroupChanged> _changes = Channel.CreateBounded<GroupChanged>(
        new BoundedChannelOptions(MaxWaiting) { FullMode = BoundedChannelFullMode.DropWrite, SingleReader = true });

    private readonly Signal _inDoubt = new();

    public string Topic => GroupChanged.Topic;

    public ValueTask ReceiveAsync(NodeId from, ReadOnlyMemory<byte> payload, CancellationToken ct)
    {
        var change = GroupChanged.Decode(payload);
        directory.Invalidate(change);
        _changes.Writer.TryWrite(change);
        return ValueTask.CompletedTask;
    }

    public void Missed(NodeId from) => DoubtAll();

    // It may have died between a change and the word of it.
    public void Left(NodeId node) => DoubtAll();

    // It may have been there before without a lease, and told nobody.
    public void Joined(NodeId node) => DoubtAll();

    public void LeaseGained(NodeId self) => DoubtAll();

    protected override Task ExecuteAsync(CancellationToken stoppingToken) => Task.WhenAll(RefreshChangedAsync(stoppingToken), RefreshAllAsync(stoppingToken));

    private void DoubtAll()
    {
        directory.DoubtAll();
        _inDoubt.Set();
    }

    private async Task RefreshChangedAsync(CancellationToken ct)
    {
        await foreach (var change in _changes.Reader.ReadAllAsync(ct))
            await RefreshAsync(change.Group, () => directory.RefreshAsync(change));
    }

    private async Task RefreshAllAsync(CancellationToken ct)
    {
        var perSecond = options.Value.RefreshesPerSecond;
        while (true)
        {
            await _inDoubt.WaitAsync(ct);
            foreach (var some in directory.Cached.Chunk(Math.Max(1, perSecond / StepsPerSecond)))
            {
                await Task.WhenAll(some.Select(group => RefreshAsync(group, () => directory.RefreshAsync(group))));
                await Task.Delay(TimeSpan.FromSeconds((double)some.Length / perSecond), clock, ct);
            }
        }
    }

    private async Task RefreshAsync(ConversationId group, Func<Task> refresh)
    {
        try
        {
            await refresh();
        }
        catch (Exception e)
        {
            log.GroupNotRefreshed(group, e);
        }
    }
}
