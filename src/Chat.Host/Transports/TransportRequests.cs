using System.Globalization;
using System.Security.Claims;
using Chat.BuildingBlocks.Errors;
using Chat.Modules.Identity.Contracts;
using Microsoft.AspNetCore.Server.Kestrel.Core.Features;

namespace Chat.Host.Transports;

/// <summary>The request that opens a live connection.</summary>
internal static class TransportRequests
{
    public static Error NotAccepting { get; } =
        new(ErrorCodes.Unavailable, "This server takes no more connections; try again, at another server if there is one.", TimeSpan.FromSeconds(2));

    public static Error FrameTooLarge(int maxBytes) => new(ErrorCodes.TooLarge, $"A frame is at most {maxBytes} bytes.");

    /// <summary>When the request's token ends, by its <c>exp</c>; never for a token that has none.</summary>
    public static DateTimeOffset TokenExpiry(this ClaimsPrincipal user) =>
        long.TryParse(user.FindFirstValue(TokenCheck.ExpiryClaim), NumberStyles.None, CultureInfo.InvariantCulture, out var seconds)
            && seconds < DateTimeOffset.MaxValue.ToUnixTimeSeconds()
            ? DateTimeOffset.FromUnixTimeSeconds(seconds)
            : DateTimeOffset.MaxValue;

    /// <summary>
    /// Switches the server's minimum data rates off: they are made for downloads and would end a slow connection after seconds. Here
    /// <see cref="TransportsOptions.WriteTimeout"/> decides.
    /// </summary>
    public static void AllowSlowClients(this HttpContext context)
    {
        if (context.Features.Get<IHttpMinResponseDataRateFeature>() is { } response)
            response.MinDataRate = null;
        if (context.Features.Get<IHttpMinRequestBodyDataRateFeature>() is { } request)
            request.MinDataRate = null;
    }
}
