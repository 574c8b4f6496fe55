using Microsoft.Extensions.Logging;

namespace Chat.Client;

/// <summary>
/// Raises the events: after the state has changed, outside the loop, one at a time. Changes during a slow handler are combined into one event.
/// </summary>
internal sealed class EventRaiser(SynchronizationContext? context, ILogger log)
{
    private readonly Lock _gate = new();
    private readonly HashSet<Action> _due = [];
    private bool _scheduled;

    /// <summary>Calls a delegate soon, once for all calls until then.</summary>
    public void Raise(Action raiser)
    {
        lock (_gate)
        {
            _due.Add(raiser);
            if (_scheduled)
                return;
            _scheduled = true;
        }
        if (context is null)
            Task.Run(Deliver);
        else
            context.Post(_ => Deliver(), null);
    }

    private void Deliver()
    {
        while (true)
        {
            Action[] due;
            lock (_gate)
            {
                due = [.. _due];
                _due.Clear();
                _scheduled = due.Length > 0;
                if (!_scheduled)
                    return;
            }
            foreach (var raiser in due)
            {
                try
                {
                    raiser();
                }
                catch (Exception e)
                {
                    log.Failed(e, "An event's handler");
                }
            }
        }
    }
}
