using System.Collections.Concurrent;
using Chat.BuildingBlocks.Errors;
using Chat.BuildingBlocks.Ids;
using Chat.BuildingBlocks.Mediation;
using Chat.Modules.Messaging.Contracts;
using Chat.Modules.Messaging.Log;
using Microsoft.Extensions.Options;

namespace Chat.Modules.Messaging.Sending;

/// <summary>
/// Admits the first message of a direct conversation: its sender begins it, at a rate and up to a number. It takes nothing of what the other user may
/// begin; so many are begun with a user by others, and then a stranger's first message is refused as if it were over the rate.
/// </summary>
internal sealed class DirectsBegun(IMessageLog log, UserRates rates, IOptions<MessagingOptions> options)
{
    private const int MaxKnown = 100_000;

    /// <summary>Conversations begun with a user until they are counted anew: other servers admit some, too.</summary>
    private const int RecountAfter = 100;

    private readonly Lock _gate = new();

    // Conversations that have a message, or whose first one was admitted, so that most are not looked up; all forgotten when they are too many.
    private readonly ConcurrentDictionary<ConversationId, byte> _known = new();

    // Under _gate. First messages that are being looked at: those that come together share the answer.
    private readonly Dictionary<(ConversationId, UserId), Task<Error?>> _deciding = [];

    // Under _gate. How many others have begun with a user, and how many were admitted since that was counted; all forgotten when they are too many.
    private readonly Dictionary<UserId, (int Count, int Since)> _received = [];

    public ValueTask<Error?> AdmitAsync(ConversationId conversation, UserId sender) =>
        conversation.IsDirect && !_known.ContainsKey(conversation) ? new(DecideOnceAsync(conversation, sender)) : default;

    private Task<Error?> DecideOnceAsync(ConversationId conversation, UserId sender)
    {
        lock (_gate)
        {
            if (!_deciding.TryGetValue((conversation, sender), out var decision))
                _deciding[(conversation, sender)] = decision = DecideAsync(conversation, sender);
            return decision;
        }
    }

    private async Task<Error?> DecideAsync(ConversationId conversation, UserId sender)
    {
        // Not under the gate, in which this is called.
        await Task.Yield();
        try
        {
            if (await RefusalAsync(conversation, sender) is { } refusal)
                return refusal;
            if (_known.Count >= MaxKnown)
                _known.Clear();
            _known.TryAdd(conversation, 0);
            return null;
        }
        finally
        {
            lock (_gate)
                _deciding.Remove((conversation, sender));
        }
    }

    private async Task<Error?> RefusalAsync(ConversationId conversation, UserId sender)
    {
        if (await log.GetHeadAsync(conversation, CancellationToken.None) > SeqNo.None)
            return null;
        if (rates.Admit(UserRate.DirectsBegun, sender) is { } refusal)
            return refusal;
        var max = options.Value.MaxDirectConversations;
        if (await log.CountDirectsBegunAsync(sender, max, CancellationToken.None) >= max)
            return MessagingErrors.TooManyDirects(max);
        var (one, other) = conversation.Users;
        return await HasRoomAsync(one == sender ? other : one) ? null : rates.RefuseDirect();
    }

    private async Task<bool> HasRoomAsync(UserId user)
    {
        var max = options.Value.MaxDirectConversationsByOthers;
        lock (_gate)
        {
            // What is full stays so: conversations are not deleted.
            if (_received.TryGetValue(user, out var known) && (known.Count >= max || known.Since < RecountAfter))
            {
                if (known.Count < max)
                    _received[user] = (known.Count + 1, known.Since + 1);
                return known.Count < max;
            }
        }
        var count = await log.CountDirectsByOthersAsync(user, max, CancellationToken.None);
        lock (_gate)
        {
            if (_received.Count >= MaxKnown)
                _received.Clear();
            _received[user] = (Math.Min(count + 1, max), 0);
        }
        return count < max;
    }
}
