using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Chat.BuildingBlocks.Nodes;

/// <summary>All observers, looked up when there is something to tell: they need the nodes themselves. One that fails keeps nothing from the others.</summary>
internal sealed class NodeObservers(IServiceProvider services, ILogger<NodeObservers> log)
{
    private readonly Lazy<IReadOnlyList<INodeObserver>> _observers = new(() => [.. services.GetServices<INodeObserver>()]);

    public void Tell(Action<INodeObserver> tell)
    {
        foreach (var observer in _observers.Value)
        {
            try
            {
                tell(observer);
            }
            catch (Exception e)
            {
                log.ObserverFailed(observer.GetType().Name, e);
            }
        }
    }
}
