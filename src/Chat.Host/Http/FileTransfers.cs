using Chat.BuildingBlocks.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Core.Features;

namespace Chat.Host.Http;

/// <summary>Takes the limits of small calls off those that transfer files.</summary>
internal static class FileTransfers
{
    private static readonly TimeSpan SlowClientGrace = TimeSpan.FromSeconds(5);

    public static Task AllowAsync(HttpContext context, RequestDelegate next)
    {
        if (context.GetEndpoint()?.Metadata.GetMetadata<FileTransfer>() is not { } transfer)
            return next(context);
        if (context.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } size)
            size.MaxRequestBodySize = null;
        if (context.Features.Get<IHttpMinRequestBodyDataRateFeature>() is { } sending)
            sending.MinDataRate = null;
        if (context.Features.Get<IHttpMinResponseDataRateFeature>() is { } reading)
            reading.MinDataRate = new MinDataRate(transfer.MinBytesPerSecond, SlowClientGrace);
        return next(context);
    }
}
