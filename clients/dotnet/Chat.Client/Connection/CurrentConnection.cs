namespace Chat.Client;

/// <summary>The open connection, if there is one and its welcome has arrived. Changed only on the loop.</summary>
internal sealed class CurrentConnection
{
    private volatile ServerConnection? _current;

    public ServerConnection? Current => _current;

    public bool IsCaughtUp { get; private set; }

    public void Opened(ServerConnection connection) => (_current, IsCaughtUp) = (connection, false);

    public void Resyncing() => IsCaughtUp = false;

    public void CaughtUp() => IsCaughtUp = true;

    public void Closed() => (_current, IsCaughtUp) = (null, false);
}
