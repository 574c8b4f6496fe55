using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Chat.Modules.Delivery.Notifications.WebPush;

/// <summary>Which IP addresses are somewhere on the Internet, and not in the server's own network (the IANA special-purpose address registries).</summary>
internal static class PublicAddress
{
    private static readonly IPNetwork[] NotPublic =
    [
        .. new[]
        {
            // "This network", private, shared (CGNAT), loopback, link-local
            "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.168.0.0/16",
            // Protocols, documentation, 6to4 relays, benchmarks
            "192.0.0.0/24", "192.0.2.0/24", "192.88.99.0/24", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24",
            // Multicast, reserved, broadcast
            "224.0.0.0/4", "240.0.0.0/4",
            // Within 2000::/3: protocols (Teredo, benchmarks, ORCHID), documentation
            "2001::/23", "2001:db8::/32", "3fff::/20",
        }.Select(network => IPNetwork.Parse(network)),
    ];

    private static readonly IPNetwork Global = IPNetwork.Parse("2000::/3");
    private static readonly IPNetwork Nat64 = IPNetwork.Parse("64:ff9b::/96");
    private static readonly IPNetwork SixToFour = IPNetwork.Parse("2002::/16");

    public static bool Is(IPAddress address)
    {
        if (address.AddressFamily == AddressFamily.InterNetwork)
            return !IsIn(NotPublic, address);
        if (address.IsIPv4MappedToIPv6)
            return Is(address.MapToIPv4());
        // What carries an IPv4 address reaches that.
        var bytes = address.GetAddressBytes();
        if (Nat64.Contains(address))
            return Is(new IPAddress(bytes.AsSpan(12, 4)));
        if (SixToFour.Contains(address))
            return Is(new IPAddress(bytes.AsSpan(2, 4)));
        return Global.Contains(address) && !IsIn(NotPublic, address);
    }

    /// <summary>False for what names a private address itself, or is no name of ASCII letters. What a name resolves to shows at each connect.</summary>
    public static bool MayBe(Uri address)
    {
        var host = address.IdnHost.TrimEnd('.');
        // Without the tables of Unicode, digits of other scripts would stay what they are.
        if (!Ascii.IsValid(address.OriginalString))
            return false;
        return IPAddress.TryParse(host, out var named)
            ? Is(named)
            : host.Length > 0 && !host.Equals("localhost", StringComparison.OrdinalIgnoreCase) && !host.EndsWith(".localhost", StringComparison.OrdinalIgnoreCase);
    }

    private static bool IsIn(IPNetwork[] networks, IPAddress address) => Array.Exists(networks, network => network.Contains(address));
}
