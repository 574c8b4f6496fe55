using System.Diagnostics.Metrics;
using Chat.BuildingBlocks.Errors;
using Chat.BuildingBlocks.Http;
using Chat.BuildingBlocks.Ids;
using Microsoft.Extensions.Options;

namespace Chat.Host.Http;

/// <summary>
/// Limits the concurrent transfers of files, of a user and in all. They take nothing of <see cref="RequestsUnderWay"/>: a few users with slow lines would keep all
/// others from every call. A signed address counts for the user that it was made for.
/// </summary>
internal sealed class TransfersUnderWay
{
    private readonly HttpOptions _limits;
    private readonly Counter<long> _refused;
    private readonly Lock _gate = new();

    // Both are guarded by _gate. A user without a transfer under way has no entry.
    private readonly Dictionary<UserId, int> _ofUser = [];
    private int _all;

    public TransfersUnderWay(IOptions<HttpOptions> options, IMeterFactory meters)
    {
        _limits = options.Value;
        var meter = meters.Create("Chat");
        meter.CreateObservableGauge("chat.transfers.under_way", () => _all, description: "Files on their way to or from clients.");
        _refused = meter.CreateCounter<long>("chat.transfers.refused", description: "Transfers of files refused as too many were under way, of the user or in all.");
    }

    private static Error TooManyOfUser { get; } =
        new(ErrorCodes.RateLimited, "Too many of your files are on their way; wait for one to end.", TimeSpan.FromSeconds(1));

    private static Error TooMany { get; } = new(ErrorCodes.Unavailable, "Too many files are on their way; try again.", TimeSpan.FromSeconds(1));

    /// <summary>Whose transfer the call is; null if it is none, or a stranger's.</summary>
    public static UserId? UserOf(HttpContext context) => context.GetEndpoint()?.Metadata.GetMetadata<FileTransfer>() is { } transfer
        ? Caller.From(context.User)?.User ?? transfer.ReaderOf?.Invoke(context)
        : null;

    public async Task LimitAsync(HttpContext context, UserId user, RequestDelegate next)
    {
        if (Begin(user) is { } refusal)
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
            End(user);
        }
    }

    private Error? Begin(UserId user)
    {
        lock (_gate)
        {
            var ofUser = _ofUser.GetValueOrDefault(user, 0);
            if (ofUser >= _limits.MaxTransfersPerUser)
                return TooManyOfUser;
            if (_all >= _limits.MaxTransfers)
                return TooMany;
            _ofUser[user] = ofUser + 1;
            _all++;
            return null;
        }
    }

    private void End(UserId user)
    {
        lock (_gate)
        {
            _all--;
            if (--_ofUser[user] == 0)
                _ofUser.Remove(user);
        }
    }
}
