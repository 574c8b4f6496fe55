namespace Chat.Modules.Delivery.Notifications.WebPush;

/// <summary>The origin of an endpoint (RFC 6454): what a push service is known by, and what may be logged of an endpoint.</summary>
internal static class Origin
{
    public static string Of(Uri endpoint)
    {
        var host = endpoint.HostNameType == UriHostNameType.IPv6 ? $"[{endpoint.IdnHost}]" : endpoint.IdnHost;
        return endpoint.IsDefaultPort ? $"{endpoint.Scheme}://{host}" : $"{endpoint.Scheme}://{host}:{endpoint.Port}";
    }
}
