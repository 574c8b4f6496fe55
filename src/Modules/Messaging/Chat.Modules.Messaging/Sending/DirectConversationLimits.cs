using System.Collections.Concurrent;
using Chat.BuildingBlocks.Errors;
using Chat.BuildingBlocks.Ids;
using Chat.BuildingBlocks.Mediation;
using Chat.Modules.Messaging.Contracts;
using Chat.Modules.Messaging.Log;
using Microsoft.Extensions.Options;

namespace Chat.Modules.Messaging.Sending;

/// <summary>
/// Limits new direct conversations. The sender of the first message begins one: at a rate, and up to a number. It does not count for the other user, with whom
/// others may begin a number of their own; beyond that a stranger's first message is refused as if over the rate. A user's note to itself is one, and is not limited.
/// </summary>
internal sealed class DirectConversationLimits(IMessageLog log, UserRates rates, IOptions<MessagingOptions> options)
{
    private const int MaxKnown = 100_000;

    /// <summary>How many conversations are admitted for a user until they are counted again: other servers admit some too, and not all are created.</summary>
    private const int RecountAfter = 100;

    private readonly Lock _gate = new();

    // Conversations with a message, or whose first message was admitted: these need no look-up. Cleared when there are too many.
    private readonly ConcurrentDictionary<ConversationId, byte> _known = new();

    // Under _gate. Pending decisions; concurrent first messages share one.
    private readonly Dictionary<(ConversationId, UserId), Task<Error?>> _deciding = [];

    // Under _gate. How many a user, or others with the user, have begun, and how many were admitted since the last count in the log. Cleared when there are too
    // many.
    private readonly Dictionary<(UserId User, bool ByOthers), (int Count, int Since)> _counts = [];

    public ValueTask<Error?> AdmitAsync(ConversationId conversation, UserId sender) =>
        conversation.IsDirect && !_known.ContainsKey(conversation) && !conversation.IsNoteToSelf ? new(DecideOnceAsync(conversation, sender)) : default;

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
        // Leaves the gate, under which this is called.
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
        if (!await HasRoomAsync(sender, byOthers: false, max))
            return MessagingErrors.TooManyDirects(max);
        var (one, other) = conversation.Users;
        return await HasRoomAsync(one == sender ? other : one, byOthers: true, options.Value.MaxDirectConversationsByOthers) ? null : rates.RefuseDirect();
    }

    // Counted in the log only from time to time: it costs as much as the user has conversations.
    private async Task<bool> HasRoomAsync(UserId user, bool byOthers, int max)
    {
        lock (_gate)
        {
            if (_counts.TryGetValue((user, byOthers), out var known))
            {
                // A limit reached in the log stays reached: conversations are not deleted. Admitted ones may never be created.
                if (known is { Since: 0 } && known.Count >= max)
                    return false;
                if (known.Count < max && known.Since < RecountAfter)
                {
                    _counts[(user, byOthers)] = (known.Count + 1, known.Since + 1);
                    return true;
                }
            }
        }
        var count = byOthers
            ? await log.CountDirectsByOthersAsync(user, max, CancellationToken.None)
            : await log.CountDirectsBegunAsync(user, max, CancellationToken.None);
        lock (_gate)
        {
            if (_counts.Count >= MaxKnown)
                _counts.Clear();
            _counts[(user, byOthers)] = count < max ? (count + 1, 1) : (max, 0);
        }
        return count < max;
    }
}
