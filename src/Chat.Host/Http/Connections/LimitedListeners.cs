using System.Net;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using Microsoft.Extensions.Options;

namespace Chat.Host.Http.Connections;

/// <summary>Replaces Kestrel's socket transport: the same, but each connection is counted when it is accepted.</summary>
internal sealed class LimitedListeners(IOptions<SocketTransportOptions> options, ILoggerFactory logs, OpenConnections connections)
    : IConnectionListenerFactory
{
    private readonly SocketTransportFactory _sockets = new(options, logs);

    public async ValueTask<IConnectionListener> BindAsync(EndPoint endpoint, CancellationToken cancellationToken = default) =>
        new LimitedListener(await _sockets.BindAsync(endpoint, cancellationToken), connections);

    private sealed class LimitedListener(IConnectionListener listener, OpenConnections connections) : IConnectionListener
    {
        public EndPoint EndPoint => listener.EndPoint;

        public async ValueTask<ConnectionContext?> AcceptAsync(CancellationToken cancellationToken = default)
        {
            while (await listener.AcceptAsync(cancellationToken) is { } accepted)
            {
                if (connections.TryAdd(accepted))
                    return accepted;
                accepted.Abort(new ConnectionAbortedException("There is no room for more connections."));
                await accepted.DisposeAsync();
            }
            return null;
        }

        public ValueTask UnbindAsync(CancellationToken cancellationToken = default) => listener.UnbindAsync(cancellationToken);

        public ValueTask DisposeAsync() => listener.DisposeAsync();
    }
}
