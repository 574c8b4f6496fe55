using System.Diagnostics.CodeAnalysis;

namespace Chat.BuildingBlocks.Nodes.Bus;

/// <summary>Another node, and what goes to it and comes from it.</summary>
[SuppressMessage("Design", "CA1001", Justification = "The source has no timer and no handle; who cancels it may still be in it when the loops have ended.")]
internal sealed class Peer
{
    private readonly CancellationTokenSource _ending = new();
    private readonly BusServices _bus;
    private readonly NodeId _node;

    /// <param name="node">Which.</param>
    /// <param name="bus">What it needs.</param>
    /// <param name="leave">Called where the node turns out not to be live; false where it has become so meanwhile.</param>
    public Peer(NodeId node, BusServices bus, Func<Peer, bool> leave)
    {
        (_node, _bus) = (node, bus);
        Incoming = new Incoming(node, bus);
        Outgoing = new Outgoing(node, bus, () => Incoming.Progress);
        Ended = Task.WhenAll(
            RunAsync(Outgoing.RunAsync),
            RunAsync(ct => Incoming.RunAsync(Outgoing.Beat, () => leave(this), ct)));
    }

    public NodeId Node => _node;

    public Outgoing Outgoing { get; }

    public Incoming Incoming { get; }

    /// <summary>Completes after <see cref="End"/>, when nothing of it runs.</summary>
    public Task Ended { get; }

    /// <param name="reason">Of the messages that are not sent.</param>
    public void End(string reason)
    {
        _ending.Cancel();
        Outgoing.End(reason);
        Incoming.End();
    }

    private async Task RunAsync(Func<CancellationToken, Task> loop)
    {
        // Not on the thread that received its first message.
        await Task.Yield();
        while (!_ending.IsCancellationRequested)
        {
            try
            {
                await loop(_ending.Token);
            }
            catch (OperationCanceledException) when (_ending.IsCancellationRequested)
            {
                return;
            }
            catch (Exception e)
            {
                _bus.Metrics.Failed();
                _bus.Log.ExchangeFailed(_node, e);
            }
        }
    }
}
