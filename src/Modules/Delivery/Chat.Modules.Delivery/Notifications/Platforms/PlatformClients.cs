using System.Net;
using System.Net.Sockets;
using Chat.Modules.Delivery.Notifications.WebPush;
using Microsoft.Extensions.Options;

namespace Chat.Modules.Delivery.Notifications.Platforms;

/// <summary>The connections to the platforms. Certificates are checked by the system's trust; redirects are never followed, and cookies not kept.</summary>
/// <param name="change">Lets a test trust an authority of its own.</param>
internal sealed class PlatformClients(IOptions<PlatformOptions> options, TimeProvider clock, Action<SocketsHttpHandler>? change = null)
{
    /// <summary>For addresses that the operator set.</summary>
    public PlatformClient ForPlatform() => Client(Handler());

    /// <summary>For addresses that clients name: connects to public ones only, unless <c>Push:AllowPrivateEndpoints</c>.</summary>
    public PlatformClient ForEndpoints(int maxConnectionsPerOrigin)
    {
        var handler = Handler();
        handler.MaxConnectionsPerServer = maxConnectionsPerOrigin;
        // A name is looked up again from time to time.
        handler.PooledConnectionLifetime = TimeSpan.FromMinutes(10);
        if (!options.Value.AllowPrivateEndpoints && handler.Proxy is null)
            handler.ConnectCallback = ConnectToPublicAsync;
        return Client(handler);
    }

    /// <summary>For libraries that bring their own client.</summary>
    public SocketsHttpHandler Handler()
    {
        var handler = new SocketsHttpHandler
        {
            AllowAutoRedirect = false,
            UseCookies = false,
            AutomaticDecompression = DecompressionMethods.None,
            // No trace of the server's own to others.
            ActivityHeadersPropagator = null,
            UseProxy = !string.IsNullOrWhiteSpace(options.Value.Proxy),
            Proxy = ProxyOf(options.Value.Proxy),
            ConnectTimeout = options.Value.RequestTimeout,
            MaxResponseHeadersLength = 16,
            // What is left of a body when the answer is done with; beyond it the connection is closed.
            MaxResponseDrainSize = PlatformClient.MaxBodyBytes,
            ResponseDrainTimeout = TimeSpan.FromSeconds(1),
            PooledConnectionIdleTimeout = TimeSpan.FromMinutes(2),
            // A connection of HTTP/2 that is half open is found while a request waits, and the next one has another.
            KeepAlivePingDelay = TimeSpan.FromSeconds(10),
            KeepAlivePingTimeout = TimeSpan.FromSeconds(5),
            KeepAlivePingPolicy = HttpKeepAlivePingPolicy.WithActiveRequests,
        };
        change?.Invoke(handler);
        return handler;
    }

    private PlatformClient Client(SocketsHttpHandler handler) => new(handler, options.Value, clock);

    private static WebProxy? ProxyOf(string? address)
    {
        if (string.IsNullOrWhiteSpace(address))
            return null;
        var uri = new Uri(address);
        var proxy = new WebProxy(new Uri(uri.GetComponents(UriComponents.SchemeAndServer, UriFormat.UriEscaped)));
        if (uri.UserInfo.Split(':', 2) is [{ Length: > 0 } user, var password])
            proxy.Credentials = new NetworkCredential(Uri.UnescapeDataString(user), Uri.UnescapeDataString(password));
        return proxy;
    }

    // At each connect, so that a name cannot be public when it is checked and private when it is used.
    private static async ValueTask<Stream> ConnectToPublicAsync(SocketsHttpConnectionContext context, CancellationToken ct)
    {
        var addresses = await Dns.GetHostAddressesAsync(context.DnsEndPoint.Host, ct);
        var open = addresses.Where(PublicAddress.Is).ToArray();
        if (open.Length == 0)
            throw new BlockedAddressException();
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await socket.ConnectAsync(open, context.DnsEndPoint.Port, ct);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }
}
