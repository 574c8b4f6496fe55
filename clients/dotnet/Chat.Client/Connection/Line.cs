namespace Chat.Client;

/// <summary>The connection that is open now, if any: welcomed, so that it takes what is said. Changed on the loop alone.</summary>
internal sealed class Line
{
    private volatile Link? _current;

    public Link? Current => _current;

    public bool IsCaughtUp { get; private set; }

    public void Opened(Link link) => (_current, IsCaughtUp) = (link, false);

    public void Resyncing() => IsCaughtUp = false;

    public void CaughtUp() => IsCaughtUp = true;

    public void Closed() => (_current, IsCaughtUp) = (null, false);
}
