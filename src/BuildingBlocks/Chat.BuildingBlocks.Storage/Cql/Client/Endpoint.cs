using System.Net;
using System.Net.Sockets;

namespace Chat.BuildingBlocks.Storage.Cql.Client;

/// <summary>Where a node answers.</summary>
/// <param name="Address">What is connected to.</param>
/// <param name="Name">What its certificate must be for: the contact point's host, or the address of a node found through another.</param>
internal sealed record Endpoint(IPEndPoint Address, string Name)
{
    private const int DefaultPort = 9042;

    public override string ToString() => Address.ToString();

    /// <summary>The addresses behind <see cref="CqlOptions.ContactPoints"/>; a host that is not known has none.</summary>
    /// <exception cref="FormatException">A contact point is not <c>host[:port]</c>.</exception>
    public static async Task<List<Endpoint>> ResolveAsync(string contactPoints, CancellationToken ct)
    {
        var endpoints = new List<Endpoint>();
        foreach (var point in contactPoints.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
        {
            if (IPEndPoint.TryParse(point, out var literal) && (literal.AddressFamily == AddressFamily.InterNetwork || point.StartsWith('[')))
            {
                endpoints.Add(new Endpoint(new IPEndPoint(literal.Address, literal.Port == 0 ? DefaultPort : literal.Port), literal.Address.ToString()));
                continue;
            }
            if (!Uri.TryCreate("cql://" + point, UriKind.Absolute, out var uri) || uri.Host.Length == 0 || uri.PathAndQuery is not ("/" or ""))
                throw new FormatException($"The contact point '{point}' is not host[:port].");
            try
            {
                foreach (var address in await Dns.GetHostAddressesAsync(uri.Host, ct))
                    endpoints.Add(new Endpoint(new IPEndPoint(address, uri.Port < 0 ? DefaultPort : uri.Port), uri.Host));
            }
            catch (SocketException)
            {
                // Others may be known; with none, connecting says so.
            }
        }
        return endpoints;
    }
}
