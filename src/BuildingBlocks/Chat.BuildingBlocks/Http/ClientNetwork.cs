using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Http;

namespace Chat.BuildingBlocks.Http;

/// <summary>Where a request comes from: its address, of IPv6 the /64, which is what one customer has at least.</summary>
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
