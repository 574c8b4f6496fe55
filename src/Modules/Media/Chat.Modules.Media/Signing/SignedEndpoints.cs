using System.Globalization;
using Chat.BuildingBlocks.Errors;
using Chat.BuildingBlocks.Http;
using Chat.BuildingBlocks.Ids;
using Chat.Modules.Media.Attaching;
using Chat.Modules.Media.Contracts;
using Chat.Modules.Media.Downloading;
using Chat.Modules.Media.Thumbnails;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace Chat.Modules.Media.Signing;

/// <summary>Addresses for tags of a page, which send no token, and for a CDN.</summary>
internal static class SignedEndpoints
{
    public static void MapSigned(this IEndpointRouteBuilder routes, FileTransfer transfer)
    {
        var addresses = routes.ServiceProvider.GetRequiredService<SignedAddresses>();
        transfer = transfer with { ReaderOf = context => addresses.Read($"{context.GetRouteValue("mediaId")}", context.Request.Query)?.Reader };
        routes.MapGet("/v1/media/{mediaId:length(36)}/url", SignAsync)
            .WithTags("Media").WithSummary("A signed address of a file's bytes, or with w of its thumbnail, that needs no token for a while.")
            .Produces<SignedAnswer>().Refuses(ErrorCodes.NotFound, ErrorCodes.Quarantined).WithMetadata(DeviceRated.Metadata);
        routes.MapGet("/v1/media/{mediaId:length(36)}/signed", ReadAsync).AllowAnonymous()
            .WithTags("Media").WithSummary("A file's bytes or thumbnail, by a signed address.")
            .Produces(StatusCodes.Status200OK).Produces(StatusCodes.Status206PartialContent).Produces(StatusCodes.Status304NotModified)
            .Produces(StatusCodes.Status412PreconditionFailed).Produces(StatusCodes.Status416RangeNotSatisfiable)
            .Refuses(ErrorCodes.NotFound, ErrorCodes.Quarantined).WithMetadata(new AddressRated(AddressRate.SignedReads), transfer);
    }

    private static async Task<IResult> SignAsync(
        HttpContext context, string mediaId, string? w, Caller caller, MediaAccess access, SignedAddresses addresses, CancellationToken ct)
    {
        if (!ThumbnailEndpoint.TryReadWidth(w, out var width))
            return HttpErrors.ToProblem(ThumbnailEndpoint.BadWidth);
        var found = MediaId.TryParse(mediaId, null, out var id) ? await access.FindReadableAsync(id, caller.User, ct) : MediaErrors.NotFound;
        if (found.Error is { } refusal)
            return HttpErrors.ToProblem(refusal);
        var read = addresses.Begin(id, caller.User, w is null ? null : width);
        return Results.Json(new SignedAnswer($"{context.Request.PathBase}/v1/media/{id}/signed{addresses.Sign(read)}", read.ExpiresAt.ToUnixTimeMilliseconds()));
    }

    private static async Task ReadAsync(
        HttpContext context, string mediaId, SignedAddresses addresses, MediaAccess access, MediaSender sender, ThumbnailMaker maker, TimeProvider clock, CancellationToken ct)
    {
        // The right of whoever asked for the address, as it is now.
        var signed = addresses.Read(mediaId, context.Request.Query);
        var found = signed is null ? MediaErrors.NotFound : await access.FindReadableAsync(signed.Media, signed.Reader, ct);
        if (found.Error is { } refusal)
        {
            await HttpErrors.ToProblem(refusal).ExecuteAsync(context);
            return;
        }
        // What a proxy keeps is gone with the address.
        context.Response.OnStarting(() =>
        {
            if (context.Response.StatusCode is StatusCodes.Status200OK or StatusCodes.Status206PartialContent or StatusCodes.Status304NotModified)
                context.Response.Headers.CacheControl = string.Create(
                    CultureInfo.InvariantCulture, $"public, max-age={(int)Math.Max(0, (signed!.ExpiresAt - clock.GetUtcNow()).TotalSeconds)}, immutable");
            return Task.CompletedTask;
        });
        if (signed!.ThumbnailWidth is { } width)
            await (await ThumbnailEndpoint.AnswerAsync(context, found.Value, width, maker, ct)).ExecuteAsync(context);
        else
            await sender.SendAsync(context, found.Value, ct);
    }

    /// <param name="Url">A path on this server.</param>
    /// <param name="ExpiresAt">Unix milliseconds.</param>
    private sealed record SignedAnswer(string Url, long ExpiresAt);
}
