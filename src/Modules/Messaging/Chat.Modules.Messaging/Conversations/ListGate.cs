using System.Collections.Concurrent;
using Chat.BuildingBlocks.Errors;
using Chat.BuildingBlocks.Ids;
using Chat.BuildingBlocks.Mediation;
using Chat.Modules.Messaging.Contracts;

namespace Chat.Modules.Messaging.Conversations;

/// <summary>Limits reads of the list of conversations, which may be long: one at a time for each device, and a rate for each user.</summary>
internal sealed class ListGate(UserRates rates)
{
    // One for each read in progress.
    private readonly ConcurrentDictionary<DeviceAddress, byte> _underWay = new();

    public async Task<Result<T>> PassAsync<T>(DeviceAddress caller, Func<Task<Result<T>>> list)
    {
        if (!_underWay.TryAdd(caller, 0))
            return MessagingErrors.ListUnderWay;
        try
        {
            return rates.Admit(UserRate.Lists, caller.User) is { } refusal ? refusal : await list();
        }
        finally
        {
            _underWay.TryRemove(caller, out _);
        }
    }
}
