using Chat.EndToEnd.Tests.Clients;

namespace Chat.EndToEnd.Tests.Load;

/// <summary>A welcomed connection, and how it ended.</summary>
internal sealed class ConnectionEnd(string device, int connection, bool isHub = false)
{
    /// <summary>SignalR tells no code of its end, and drops what is not written yet where it is ended by force.</summary>
    public bool IsHub { get; } = isHub;

    public int Connection { get; } = connection;

    public bool Welcomed { get; set; }

    public bool ToldToGo { get; set; }

    /// <summary>A send was refused on it, perhaps before it was the client's connection.</summary>
    public bool IsToEnd { get; set; }

    public Closing? Closing { get; set; }

    public override string ToString() => $"connection {Connection} of {device}: {(ToldToGo ? "told to go" : "not told to go")}, {Closing}";
}
