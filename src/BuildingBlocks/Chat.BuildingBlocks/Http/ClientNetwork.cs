using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Http;

namespace Chat.BuildingBlocks.Http;

/// <summary>The network of a request: the IPv4 address, or the /64 of an IPv6 address, the least that one customer gets.</summary>
public static class ClientNetwork
{
    public static IPAddress Of(HttpContext context) => Of(context.Connection.RemoteIpAddress ?? IPAddress.None);

    private static IPAddress Of(IPAddress address)
    {
        if (address.IsIPv4MappedToIPv6)
            return address.MapToIPv4();
        if (address.AddressFamily != AddressFamily.InterNetworkV6)
            return address;
        var bytes = address.GetAddressBytes();
        bytes.AsSpan(8).Clear();
        return new IPAddress(bytes);
    }
}
