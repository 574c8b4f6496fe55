using Chat.BuildingBlocks.Ids;
using Chat.Modules.Messaging.Contracts;
using Chat.Modules.Messaging.Log;

namespace Chat.Modules.Messaging.Conversations;

/// <summary>Counts the messages that mention a user, as they are now. It looks at those that the log's index names, among the newest <see cref="IMessageLog.MaxScanned"/> entries; at most 600 of them.</summary>
internal sealed class MentionCounter(IMessageLog log)
{
    private const int ReadAtOnce = 100;

    // Where somebody has mentioned the user very often and edited that away, what lies below is not counted.
    private const int MaxReads = 6;

    /// <summary>Others' messages above <paramref name="after"/>, up to <paramref name="upTo"/>; at most <see cref="ConversationSummary.UnreadCap"/>.</summary>
    public async ValueTask<int> CountAsync(ConversationId conversation, UserId user, SeqNo after, SeqNo upTo, CancellationToken ct)
    {
        var lowest = SeqNo.Max(after, new SeqNo(upTo.Value - IMessageLog.MaxScanned));
        var count = 0;
        var last = upTo;
        for (var reads = 0; reads < MaxReads && last > lowest && count < ConversationSummary.UnreadCap; reads++)
        {
            var places = await log.ReadMentionsAsync(conversation, user, lowest, last, ReadAtOnce, ct);
            if (places.Count == 0)
                break;
            count += (await log.ReadAtAsync(conversation, places, ct)).Count(message => message is not null && Counts(message, user));
            last = new SeqNo(places[^1].Value - 1);
            if (places.Count < ReadAtOnce)
                break;
        }
        return Math.Min(count, ConversationSummary.UnreadCap);
    }

    /// <summary>Whether a message is one that mentions a user, and not the user's own.</summary>
    public static bool Counts(LoggedMessage message, UserId user) => message.Sender.User != user && message.IsShown && message.ShownMentions.Include(user);
}
