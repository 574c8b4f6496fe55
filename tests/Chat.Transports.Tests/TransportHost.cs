using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Net.WebSockets;
using System.Security.Claims;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text.Encodings.Web;
using Chat.BuildingBlocks.Errors;
using Chat.BuildingBlocks.Ids;
using Chat.BuildingBlocks.Mediation;
using Chat.Host.Http.Connections;
using Chat.Host.Transports;
using Chat.Modules.Delivery.Contracts;
using Chat.Modules.Identity.Contracts;
using Chat.Modules.Messaging.Contracts;
using Chat.Testing;
using MediatR;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Configuration;

namespace Chat.Transports.Tests;

/// <summary>The live transports on a real Kestrel, with fakes behind them. A token is <c>user/device/unixSeconds</c>.</summary>
public sealed class TransportHost : IAsyncDisposable
{
    private readonly WebApplication _app;
    private int _requests;

    private TransportHost(WebApplication app, FakeMediator mediator, FakeConnections connections) => (_app, Mediator, Connections) = (app, mediator, connections);

    public FakeMediator Mediator { get; }

    public FakeConnections Connections { get; }

    /// <summary>Requests that have not ended.</summary>
    public int Requests => Volatile.Read(ref _requests);

    public IServiceProvider Services => _app.Services;

    public Uri Address => new(_app.Urls.Single());

    /// <summary>What the server shows with the setting <c>Tls</c>; nobody vouches for it.</summary>
    public static X509Certificate2 Certificate { get; } = MakeCertificate();

    public static async Task<TransportHost> OpenAsync(TimeProvider? clock = null, params (string Key, string Value)[] settings)
    {
        var mediator = new FakeMediator().Answer<GetEpoch, string>(_ => "e1");
        var connections = new FakeConnections();
        var builder = WebApplication.CreateSlimBuilder();
        // Without TLS there is no negotiation of the version: an address speaks the one or the other.
        var protocols = settings.Any(s => s.Key == "Http2") ? HttpProtocols.Http2 : HttpProtocols.Http1;
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.UseUpgradeHandover();
            kestrel.Listen(IPAddress.Loopback, 0, listen =>
            {
                listen.Protocols = protocols;
                if (settings.Any(s => s.Key == "Tls"))
                    listen.UseHttps(Certificate);
            });
        });
        builder.Logging.ClearProviders();
        // A busy machine may keep a client from coming at once.
        builder.Configuration["Transports:KeepAliveTimeoutMs"] = "120000";
        builder.Configuration.AddInMemoryCollection(settings.Select(s => KeyValuePair.Create<string, string?>($"Transports:{s.Key}", s.Value)));
        builder.Services.AddSingleton<IMediator>(mediator).AddSingleton<IConnections>(connections).AddSingleton<ITokens, FakeTokens>()
            .AddSingleton(clock ?? TimeProvider.System).AddSingleton<DeviceRates>().AddSingleton<UserRates>()
            .Configure<RateLimitOptions>(rates => builder.Configuration.GetSection("Transports:RateLimits").Bind(rates)).AddTransports();
        builder.Services.AddAuthentication("Test").AddScheme<AuthenticationSchemeOptions, TestAuthentication>("Test", null);
        builder.Services.AddAuthorizationBuilder().SetFallbackPolicy(new AuthorizationPolicyBuilder().RequireAuthenticatedUser().Build());
        var app = builder.Build();
        var host = new TransportHost(app, mediator, connections);
        app.Use(host.CountAsync);
        app.UseAuthentication();
        app.UseAuthorization();
        app.MapTransports();
        await app.StartAsync(TestContext.Current.CancellationToken);
        return host;
    }

    public static string Token(string user = "alice", string device = "phone", DateTimeOffset? expires = null) =>
        string.Create(CultureInfo.InvariantCulture, $"{user}/{device}/{(expires ?? DateTimeOffset.UnixEpoch.AddYears(200)).ToUnixTimeSeconds()}");

    public async Task<SocketClient> ConnectAsync(string? token = null)
    {
        var socket = new ClientWebSocket();
        await socket.ConnectAsync(new Uri($"ws://{Address.Authority}/ws?access_token={token ?? Token()}"), TestContext.Current.CancellationToken);
        return new SocketClient(socket);
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var connection in Connections.Attached)
            connection.Connection.Close(CloseReason.GoingAway);
        await _app.DisposeAsync();
    }

    private async Task CountAsync(HttpContext context, RequestDelegate next)
    {
        Interlocked.Increment(ref _requests);
        try
        {
            await next(context);
        }
        finally
        {
            Interlocked.Decrement(ref _requests);
        }
    }

    private static X509Certificate2 MakeCertificate()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=localhost", key, HashAlgorithmName.SHA256);
        return request.CreateSelfSigned(DateTimeOffset.UnixEpoch, DateTimeOffset.UnixEpoch.AddYears(200));
    }

    private sealed class FakeTokens : ITokens
    {
        public Task<TokenCheck> ValidateAsync(string token, string? deviceFromQuery, CancellationToken ct)
        {
            if (token.Split('/') is not [var user, var device, var expires])
                return Task.FromResult(TokenCheck.Refused(new Error(ErrorCodes.Unauthenticated, "No token.")));
            device = device.Length > 0 ? device : deviceFromQuery ?? "";
            return Task.FromResult(deviceFromQuery is not null && device != deviceFromQuery
                ? TokenCheck.Refused(new Error(ErrorCodes.Unauthenticated, "Another device."))
                : new TokenCheck(new DeviceAddress(UserId.Parse(user), DeviceId.Parse(device)), Expiry(expires), null));
        }

        /// <summary>One user of them all.</summary>
        public bool IsRevoked(ClaimsPrincipal user) => user.FindFirstValue("sub") == "revoked-meanwhile";

        public static DateTimeOffset Expiry(string seconds) => DateTimeOffset.FromUnixTimeSeconds(long.Parse(seconds, CultureInfo.InvariantCulture));
    }

    private sealed class TestAuthentication(IOptionsMonitor<AuthenticationSchemeOptions> options, ILoggerFactory logs, UrlEncoder encoder)
        : AuthenticationHandler<AuthenticationSchemeOptions>(options, logs, encoder)
    {
        protected override Task<AuthenticateResult> HandleAuthenticateAsync()
        {
            var token = Request.Query["access_token"].ToString();
            if (token.Length == 0)
                token = Request.Headers.Authorization.ToString().Replace("Bearer ", "", StringComparison.Ordinal);
            if (token.Split('/') is not [var user, var device, var expires])
                return Task.FromResult(AuthenticateResult.NoResult());
            var identity = new ClaimsIdentity([new("sub", user), new("device", device), new("exp", expires)], Scheme.Name);
            return Task.FromResult(AuthenticateResult.Success(new AuthenticationTicket(new ClaimsPrincipal(identity), Scheme.Name)));
        }
    }
}

/// <summary>Stands for Delivery: writes what it is given, in order, and remembers what was asked of it.</summary>
public sealed class FakeConnections : IConnections
{
    private readonly ConcurrentQueue<FakeAttached> _attached = new();
    private readonly TaskCompletionSource<FakeAttached> _first = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public bool IsAccepting { get; set; } = true;

    /// <summary>Full between <see cref="IsAccepting"/> and <see cref="Attach"/>.</summary>
    public bool RefusesLate { get; set; }

    public IReadOnlyCollection<FakeAttached> Attached => _attached;

    /// <summary>Waits for the first connection: a client that is connected need not be attached yet.</summary>
    public Task<FakeAttached> FirstAsync() => _first.Task.WaitAsync(TimeSpan.FromMinutes(2), TestContext.Current.CancellationToken);

    public IAttachedConnection? Attach(IClientConnection connection, ServerEvent welcome)
    {
        if (RefusesLate)
            return null;
        var attached = new FakeAttached(connection, new ConnectionId(_attached.Count + 1));
        _attached.Enqueue(attached);
        attached.Push(welcome);
        _first.TrySetResult(attached);
        return attached;
    }

    public Task LeaveAsync() => throw new NotSupportedException();
}

public sealed class FakeAttached(IClientConnection connection, ConnectionId id) : IAttachedConnection
{
    private readonly TaskCompletionSource _detached = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Lock _gate = new();
    private Task _written = Task.CompletedTask;

    public IClientConnection Connection => connection;

    public ConnectionId Id => id;

    public Task Detached => _detached.Task.WaitAsync(TestContext.Current.CancellationToken);

    public ConcurrentQueue<(ConversationId Conversation, SeqNo LastSeen)> Repairs { get; } = new();

    /// <summary>Writes events in the order of the calls.</summary>
    public Task Push(params ServerEvent[] events)
    {
        lock (_gate)
            return _written = WriteAfterAsync(_written, events);
    }

    public async ValueTask ReplyAsync(ServerEvent answer, bool moreFollow, CancellationToken ct) => await Push(answer);

    public ValueTask RepairAsync(ConversationId conversation, SeqNo lastSeen, CancellationToken ct)
    {
        Repairs.Enqueue((conversation, lastSeen));
        return ValueTask.CompletedTask;
    }

    public void Dispose() => _detached.TrySetResult();

    private async Task WriteAfterAsync(Task earlier, ServerEvent[] events)
    {
        await earlier;
        await connection.WriteAsync(events, CancellationToken.None);
    }
}
