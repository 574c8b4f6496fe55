using System.Diagnostics.Metrics;
using Chat.BuildingBlocks.Errors;
using Chat.BuildingBlocks.Http;
using Chat.BuildingBlocks.Ids;
using Microsoft.Extensions.Options;

namespace Chat.Host.Http;

/// <summary>
/// Limits the concurrent calls under <c>/v1</c>, of a device, of a user and in all: each holds its answer in memory until the client has read it. Calls
/// without a token have a separate limit, so that strangers do not keep users out. Files are counted by <see cref="TransfersUnderWay"/>.
/// </summary>
internal sealed class RequestsUnderWay
{
    private readonly HttpOptions _limits;
    private readonly TransfersUnderWay _transfers;
    private readonly int _maxOfUser;
    private readonly Counter<long> _refused;
    private readonly Lock _gate = new();

    // All below are guarded by _gate. A device or user without a call under way has no entry.
    private readonly Dictionary<DeviceAddress, int> _ofDevice = [];
    private readonly Dictionary<UserId, int> _ofUser = [];
    private int _ofUsers;
    private int _ofStrangers;

    public RequestsUnderWay(IOptions<HttpOptions> options, TransfersUnderWay transfers, IMeterFactory meters)
    {
        (_limits, _transfers) = (options.Value, transfers);
        _maxOfUser = Math.Max(_limits.MaxRequestsPerDevice, _limits.MaxRequests / 8);
        var meter = meters.Create("Chat");
        meter.CreateObservableGauge("chat.requests.under_way", () => _ofUsers + _ofStrangers, description: "Calls under /v1 that have no whole answer yet.");
        _refused = meter.CreateCounter<long>("chat.requests.refused", description: "Calls under /v1 refused as too many were under way, of the device, of the user or in all.");
    }

    private static Error TooManyOfDevice { get; } =
        new(ErrorCodes.RateLimited, "Too many requests of this device are under way; wait for their answers.", TimeSpan.FromSeconds(1));

    private static Error TooManyOfUser { get; } =
        new(ErrorCodes.RateLimited, "Too many requests of this user's devices are under way; wait for their answers.", TimeSpan.FromSeconds(1));

    private static Error TooMany { get; } = new(ErrorCodes.Unavailable, "Too many requests are under way; try again.", TimeSpan.FromSeconds(1));

    /// <summary>Runs after authentication, and before the body is read.</summary>
    public Task LimitAsync(HttpContext context, RequestDelegate next) =>
        context.Request.Path.StartsWithSegments("/v1") ? LimitCallAsync(context, next) : next(context);

    private async Task LimitCallAsync(HttpContext context, RequestDelegate next)
    {
        if (TransfersUnderWay.UserOf(context) is { } user)
        {
            await _transfers.LimitAsync(context, user, next);
            return;
        }
        var device = Caller.From(context.User)?.Device;
        if (Begin(device) is { } refusal)
        {
            _refused.Add(1, new KeyValuePair<string, object?>("code", refusal.Code));
            await HttpErrors.ToProblem(refusal).ExecuteAsync(context);
            return;
        }
        try
        {
            await next(context);
        }
        finally
        {
            End(device);
        }
    }

    private Error? Begin(DeviceAddress? caller)
    {
        lock (_gate)
        {
            if (caller is not { } device)
                return Take(ref _ofStrangers);
            var ofDevice = _ofDevice.GetValueOrDefault(device, 0);
            if (ofDevice >= _limits.MaxRequestsPerDevice)
                return TooManyOfDevice;
            var ofUser = _ofUser.GetValueOrDefault(device.User, 0);
            if (ofUser >= _maxOfUser)
                return TooManyOfUser;
            if (Take(ref _ofUsers) is { } refusal)
                return refusal;
            _ofDevice[device] = ofDevice + 1;
            _ofUser[device.User] = ofUser + 1;
            return null;
        }
    }

    private Error? Take(ref int underWay)
    {
        if (underWay >= _limits.MaxRequests)
            return TooMany;
        underWay++;
        return null;
    }

    private void End(DeviceAddress? caller)
    {
        lock (_gate)
        {
            if (caller is not { } device)
            {
                _ofStrangers--;
                return;
            }
            _ofUsers--;
            if (--_ofDevice[device] == 0)
                _ofDevice.Remove(device);
            if (--_ofUser[device.User] == 0)
                _ofUser.Remove(device.User);
        }
    }
}
