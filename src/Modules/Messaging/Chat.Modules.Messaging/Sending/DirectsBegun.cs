using System.Collections.Concurrent;
using Chat.BuildingBlocks.Errors;
using Chat.BuildingBlocks.Ids;
using Chat.BuildingBlocks.Mediation;
using Chat.Modules.Messaging.Contracts;
using Chat.Modules.Messaging.Log;
using Microsoft.Extensions.Options;

namespace Chat.Modules.Messaging.Sending;

/// <summary>
/// Admits the first message of a direct conversation: its sender begins it, at a rate and up to a number. It counts for nobody else, so that
/// strangers who write to a user take nothing of what it may begin.
/// </summary>
internal sealed class DirectsBegun(IMessageLog log, UserRates rates, IOptions<MessagingOptions> options)
{
    private const int MaxKnown = 100_000;

    private readonly Lock _gate = new();

    // Conversations that have a message, or whose first one was admitted, so that most are not looked up; all forgotten when they are too many.
    private readonly ConcurrentDictionary<ConversationId, byte> _known = new();

    public ValueTask<Error?> AdmitAsync(ConversationId conversation, UserId sender, CancellationToken ct) =>
        conversation.IsDirect && !_known.ContainsKey(conversation) ? LookUpAsync(conversation, sender, ct) : default;

    private async ValueTask<Error?> LookUpAsync(ConversationId conversation, UserId sender, CancellationToken ct)
    {
        var isBegun = await log.GetHeadAsync(conversation, ct) > SeqNo.None;
        // One of those that come together is the first, and pays.
        lock (_gate)
        {
            if (_known.ContainsKey(conversation))
                return null;
            if (!isBegun && rates.Admit(UserRate.DirectsBegun, sender) is { } refusal)
                return refusal;
            if (_known.Count >= MaxKnown)
                _known.Clear();
            _known.TryAdd(conversation, 0);
        }
        var max = options.Value.MaxDirectConversations;
        if (isBegun || await log.CountDirectsBegunAsync(sender, max, ct) < max)
            return null;
        _known.TryRemove(conversation, out _);
        return MessagingErrors.TooManyDirects(max);
    }
}
