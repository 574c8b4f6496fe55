using System.Text.Encodings.Web;
using Chat.BuildingBlocks.Http;
using MessagePack;
using MessagePack.Resolvers;
using Microsoft.AspNetCore.Http.Connections;
using Microsoft.AspNetCore.SignalR;
using Microsoft.Extensions.Options;

namespace Chat.Host.Transports.SignalR;

/// <summary><c>/hub</c>: SignalR, by JSON or MessagePack, over WebSockets, server-sent events or long polling.</summary>
internal static class HubEndpoint
{
    public static IServiceCollection AddHub(this IServiceCollection services)
    {
        services.AddSignalR()
            .AddJsonProtocol(json => json.PayloadSerializerOptions.Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping)
            .AddMessagePackProtocol(pack => pack.SerializerOptions = MessagePackSerializerOptions.Standard
                .WithResolver(CompositeResolver.Create([new HubRequestFormatter(), new HubFrameFormatter(), new Utf8TextFormatter()], [ContractlessStandardResolver.Instance]))
                .WithSecurity(MessagePackSecurity.UntrustedData));
        services.AddSingleton<HubLifetimeManager<ChatHub>, HubConnections>()
            .AddSingleton<IHubProtocolResolver, CountedProtocols>()
            .AddSingleton<HubIds>();
        services.AddOptions<HubOptions>().Configure<IOptions<TransportsOptions>>((hub, transports) =>
        {
            hub.KeepAliveInterval = transports.Value.KeepAlive < TransportsOptions.LongestHubKeepAlive ? transports.Value.KeepAlive : TransportsOptions.LongestHubKeepAlive;
            hub.ClientTimeoutInterval = transports.Value.KeepAliveTimeout;
            hub.HandshakeTimeout = transports.Value.KeepAliveTimeout;
            // A larger one ends the connection, as on /ws; between a frame's limit and this one it is refused as too_large.
            hub.MaximumReceiveMessageSize = transports.Value.MaxMessageBytes;
            hub.EnableDetailedErrors = false;
            // SignalR begins calls in order, and counts calls but not bytes.
            hub.MaximumParallelInvocationsPerClient = Math.Clamp(
                transports.Value.MaxCommandBytesInFlight / transports.Value.MaxFrameBytes, 1, transports.Value.MaxCommandsInFlight);
            hub.StatefulReconnectBufferSize = 0;
        });
        // From the negotiation to the connection, and from one poll to the next. SignalR's own 15 s are too short for a client that waits for a busy server:
        // its id is forgotten (404), and it begins anew.
        services.AddOptions<ConnectionOptions>().Configure<IOptions<TransportsOptions>>(
            (connections, transports) => connections.DisconnectTimeout = transports.Value.KeepAliveTimeout);
        return services;
    }

    public static void MapHub(this IEndpointRouteBuilder routes)
    {
        var options = routes.ServiceProvider.GetRequiredService<IOptions<TransportsOptions>>().Value;
        routes.MapHub<ChatHub>("/hub", connections =>
        {
            connections.AllowStatefulReconnects = false;
            connections.TransportSendTimeout = options.WriteTimeout;
            connections.WebSockets.CloseTimeout = options.CloseTimeout;
        }).Add(endpoint => endpoint.RequestDelegate = Guard(endpoint.RequestDelegate!));
    }

    /// <summary>Refuses a new connection while the node accepts none or the user opens too many. Requests of existing connections pass, if they are theirs.</summary>
    private static RequestDelegate Guard(RequestDelegate next) => context =>
    {
        // A POST has a body of the client, for which the usual minimum rate holds.
        if (!HttpMethods.IsPost(context.Request.Method))
            context.AllowSlowClients();
        // Server-sent events: nginx would hold an answer back until its buffer is full.
        if (HttpMethods.IsGet(context.Request.Method))
            context.Response.Headers["X-Accel-Buffering"] = "no";
        var isNew = string.IsNullOrEmpty(context.Request.Query["id"]);
        return isNew && context.RequestServices.GetRequiredService<TransportServices>().RefusalOf(Caller.From(context.User)!.User) is { } refusal
            ? HttpErrors.ToProblem(refusal).ExecuteAsync(context)
            : context.RequestServices.GetRequiredService<HubIds>().ServeAsync(context, next);
    };
}
