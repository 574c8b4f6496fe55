using System.Diagnostics.Metrics;
using System.Net;
using Chat.BuildingBlocks.Errors;
using Chat.BuildingBlocks.Http;
using Chat.BuildingBlocks.Mediation;
using Microsoft.Extensions.Options;

namespace Chat.Host.Http;

/// <summary>A rate for each remote address and kind; a minute's worth may come at once. IPv6 counts by /64, which is what one customer has at least.</summary>
internal sealed class AddressRates : IHasSharedRates
{
    private readonly KeyedRate<IPAddress>[]? _rates;
    private readonly Counter<long> _refused;

    public AddressRates(IOptions<RateLimitOptions> options, IMeterFactory meters, TimeProvider clock)
    {
        _refused = meters.Create("Chat").CreateCounter<long>("chat.address_limited", description: "Calls refused as over their address's rate.");
        if (options.Value is not { Enabled: true } limits)
            return;
        // By AddressRate.
        int[] perMinute = [limits.RegistrationsPerMinute, limits.LoginsPerMinute, limits.SignedReadsPerMinute];
        _rates = [.. perMinute.Select(rate => new KeyedRate<IPAddress>(rate, TimeSpan.FromMinutes(1) / rate, limits.MaxAddresses, clock))];
    }

    public IEnumerable<ISharedRate> SharedRates =>
        _rates?.Select((rate, number) => new SharedRate<IPAddress>($"address.{(AddressRate)number}", rate, address => address.ToString(), IPAddress.TryParse)) ?? [];

    /// <summary>Null when admitted, else the refusal with the time after which the next may come.</summary>
    public Error? Admit(HttpContext context, AddressRate rate)
    {
        if (_rates?[(int)rate].Take(ClientNetwork.Of(context)) is not { } wait)
            return null;
        _refused.Add(1, new KeyValuePair<string, object?>("rate", NameOf(rate)));
        return new Error(ErrorCodes.RateLimited, "Too many attempts from this address; wait before the next.", wait);
    }

    private static string NameOf(AddressRate rate) => rate switch
    {
        AddressRate.Registrations => "registrations",
        AddressRate.Logins => "logins",
        _ => "signed_reads",
    };

    /// <summary>Refuses a call before anything of its body is read.</summary>
    public Task LimitAsync(HttpContext context, RequestDelegate next) =>
        context.GetEndpoint()?.Metadata.GetMetadata<AddressRated>() is { } rated && Admit(context, rated.Rate) is { } refusal
            ? HttpErrors.ToProblem(refusal).ExecuteAsync(context)
            : next(context);
}
