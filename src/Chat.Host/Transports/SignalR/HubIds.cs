using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using Chat.BuildingBlocks.Errors;
using Chat.BuildingBlocks.Http;
using Chat.BuildingBlocks.Ids;
using Chat.BuildingBlocks.Mediation;
using Microsoft.AspNetCore.Http.Connections;

namespace Chat.Host.Transports.SignalR;

/// <summary>
/// SignalR serves a request that names a live connection's id, whoever sends it; and ids are part of URLs, so proxies log them. Here the id that a
/// client gets at negotiation ends in a message authentication code of its device and is valid for that device alone. The key is made at start;
/// nothing else is kept.
/// </summary>
internal sealed class HubIds(DeviceRates rates)
{
    private const int CodeBytes = 16;

    private readonly byte[] _key = RandomNumberGenerator.GetBytes(32);

    private static Error Foreign { get; } = new(ErrorCodes.Forbidden, "This connection is not of this device.");

    /// <summary>Negotiates, or passes on a request for a connection of the caller; refuses any other.</summary>
    public Task ServeAsync(HttpContext context, RequestDelegate next)
    {
        var device = Caller.From(context.User)!.Device;
        if (context.GetEndpoint()?.Metadata.GetMetadata<NegotiateMetadata>() is not null)
            return rates.Admit(device, RateClass.Other) is { } tooMany ? RefuseAsync(context, tooMany) : NegotiateAsync(context, next, device);

        var id = context.Request.Query["id"].ToString();
        // Without one it is a new connection, which skips the negotiation.
        if (id.Length == 0)
            return next(context);
        if (rates.Admit(device, RateClass.HubRequest) is { } over)
            return RefuseAsync(context, over);
        if (Open(id, device) is not { } opened)
            return RefuseAsync(context, Foreign);
        context.Request.Query = new QueryCollection(new Dictionary<string, Microsoft.Extensions.Primitives.StringValues>(context.Request.Query) { ["id"] = opened });
        return next(context);
    }

    private static Task RefuseAsync(HttpContext context, Error error) => HttpErrors.ToProblem(error).ExecuteAsync(context);

    // In version 1 clients name the token; the id beside it opens nothing.
    private async Task NegotiateAsync(HttpContext context, RequestDelegate next, DeviceAddress device)
    {
        var body = context.Response.Body;
        using var written = new MemoryStream();
        context.Response.Body = written;
        try
        {
            await next(context);
        }
        finally
        {
            context.Response.Body = body;
        }
        var answer = written.ToArray();
        if (context.Response.StatusCode == StatusCodes.Status200OK && JsonNode.Parse(answer) is JsonObject negotiated)
        {
            var name = negotiated.ContainsKey("connectionToken") ? "connectionToken" : "connectionId";
            if (negotiated[name] is { } id)
                negotiated[name] = Sign((string)id!, device);
            answer = Encoding.UTF8.GetBytes(negotiated.ToJsonString());
        }
        context.Response.ContentLength = answer.Length;
        await body.WriteAsync(answer, context.RequestAborted);
    }

    private string Sign(string id, DeviceAddress device) => $"{id}.{CodeOf(id, device)}";

    private string? Open(string id, DeviceAddress device)
    {
        var end = id.LastIndexOf('.');
        return end > 0 && CryptographicOperations.FixedTimeEquals(
            Encoding.UTF8.GetBytes(id[(end + 1)..]), Encoding.UTF8.GetBytes(CodeOf(id[..end], device))) ? id[..end] : null;
    }

    // No id of a user or device contains a line break.
    private string CodeOf(string id, DeviceAddress device) => System.Buffers.Text.Base64Url.EncodeToString(
        HMACSHA256.HashData(_key, Encoding.UTF8.GetBytes($"{id}\n{device.User}\n{device.Device}")).AsSpan(0, CodeBytes));
}
