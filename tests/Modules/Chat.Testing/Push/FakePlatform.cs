using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;

namespace Chat.Testing.Push;

/// <summary>A push platform as an HTTP server on this machine: it checks what the real one checks, keeps what it took, and misbehaves when it is told to.</summary>
public abstract class FakePlatform : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly ConcurrentQueue<Received> _received = new();
    private readonly ConcurrentQueue<string> _refused = new();
    private readonly ConcurrentDictionary<string, byte> _connections = new();
    private int _requests;

    /// <param name="authority">Null for plain http.</param>
    protected FakePlatform(TestAuthority? authority, HttpProtocols protocols, TimeProvider clock)
    {
        Clock = clock;
        // Nothing but Kestrel: it starts in a few milliseconds.
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().UseKestrelHttpsConfiguration().ConfigureKestrel(server => server.Listen(IPAddress.Loopback, 0, listener =>
        {
            listener.Protocols = protocols;
            if (authority is not null)
                listener.UseHttps(authority.Certificate);
        }));
        _app = builder.Build();
        _app.Run(HandleAsync);
    }

    /// <summary>By which tokens are judged.</summary>
    public TimeProvider Clock { get; }

    /// <summary>Where it listens: scheme, host and port.</summary>
    public string Origin { get; private set; } = "";

    /// <summary>All that was taken, in order.</summary>
    public IReadOnlyCollection<Received> Received => _received;

    /// <summary>Why requests were refused as wrong: none is expected of a server that does as it should.</summary>
    public IReadOnlyCollection<string> Refused => _refused;

    /// <summary>Requests that came, all told.</summary>
    public int Requests => Volatile.Read(ref _requests);

    /// <summary>Connections on which requests came.</summary>
    public int Connections => _connections.Count;

    /// <summary>Asked before each notification is looked at, with the path: what to do in place of the right thing; null for that.</summary>
    public Func<string, Misbehaviour?>? Misbehave { get; set; }

    public async ValueTask DisposeAsync()
    {
        await _app.DisposeAsync();
        GC.SuppressFinalize(this);
    }

    private protected async Task ListenAsync()
    {
        await _app.StartAsync();
        Origin = _app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single();
    }

    /// <summary>Judges a request as the real platform would.</summary>
    private protected abstract Verdict Judge(PlatformRequest request);

    /// <summary>Whether the request is one for a notification, and misbehaviour is meant for it.</summary>
    private protected virtual bool IsNotification(PlatformRequest request) => true;

    private async Task HandleAsync(HttpContext context)
    {
        Interlocked.Increment(ref _requests);
        _connections.TryAdd(context.Connection.Id, 0);
        using var body = new MemoryStream();
        await context.Request.Body.CopyToAsync(body, context.RequestAborted);
        var request = new PlatformRequest(
            context.Connection.Id, context.Request.Method, context.Request.Path.Value!, context.Request.Protocol,
            context.Request.Headers.ToDictionary(header => header.Key.ToLowerInvariant(), header => header.Value.ToString(), StringComparer.Ordinal), body.ToArray());
        switch (IsNotification(request) ? Misbehave?.Invoke(request.Path) : null)
        {
            case Misbehaviour.Slow slow:
                await slow.Until.WaitAsync(context.RequestAborted);
                await AnswerAsync(context, request);
                break;
            case Misbehaviour.Status status:
                if (status.RetryAfter is { } after)
                    context.Response.Headers.RetryAfter = after;
                await WriteAsync(context, status.Code, status.Body);
                break;
            case Misbehaviour.Reset:
                context.Abort();
                break;
            case Misbehaviour.HalfAnswered half:
                Keep(Judge(request));
                context.Response.StatusCode = half.Code;
                context.Response.ContentLength = 1_000;
                // With less than its length the server ends the connection, or the stream of HTTP/2, when all of it is sent; a reset could overtake the status.
                await context.Response.WriteAsync("{\"name\":");
                await context.Response.Body.FlushAsync();
                break;
            case Misbehaviour.Redirect redirect:
                context.Response.Headers.Location = redirect.To;
                context.Response.StatusCode = redirect.Code;
                break;
            case Misbehaviour.EndlessBody endless:
                await WriteWithoutEndAsync(context, endless.Code);
                break;
            default:
                await AnswerAsync(context, request);
                break;
        }
    }

    private Task AnswerAsync(HttpContext context, PlatformRequest request)
    {
        var verdict = Judge(request);
        Keep(verdict);
        return WriteAsync(context, verdict.Status, verdict.Body);
    }

    private void Keep(Verdict verdict)
    {
        if (verdict.Taken is { } taken)
            _received.Enqueue(taken);
        if (verdict.Wrong is { } wrong)
            _refused.Enqueue(wrong);
    }

    private static async Task WriteAsync(HttpContext context, int status, string body)
    {
        context.Response.StatusCode = status;
        if (body.Length == 0)
            return;
        context.Response.ContentType = "application/json";
        await context.Response.WriteAsync(body);
    }

    private static async Task WriteWithoutEndAsync(HttpContext context, int status)
    {
        context.Response.StatusCode = status;
        var zeros = new byte[16 * 1024];
        while (!context.RequestAborted.IsCancellationRequested)
            await context.Response.Body.WriteAsync(zeros, context.RequestAborted);
    }
}

/// <summary>A request to a platform.</summary>
/// <param name="Connection">On which it came.</param>
/// <param name="Headers">By lower-case name.</param>
internal sealed record PlatformRequest(string Connection, string Method, string Path, string Protocol, IReadOnlyDictionary<string, string> Headers, byte[] Body)
{
    public string? Header(string name) => Headers.GetValueOrDefault(name);

    public long? Number(string header) => long.TryParse(Header(header), NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : null;

    /// <summary>What follows the scheme in Authorization; null for another scheme.</summary>
    public string? Authorization(string scheme) =>
        Header("authorization") is { } value && value.StartsWith($"{scheme} ", StringComparison.OrdinalIgnoreCase) ? value[(scheme.Length + 1)..] : null;
}

/// <summary>How a request is answered.</summary>
/// <param name="Taken">The notification, if it was taken.</param>
/// <param name="Wrong">What no server that does as it should would send; null for a request that is right though it be refused.</param>
internal sealed record Verdict(int Status, string Body = "", Received? Taken = null, string? Wrong = null);
