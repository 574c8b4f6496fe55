namespace Chat.Client;

/// <summary>How a conversation changes with what becomes known of it: rules without effects.</summary>
internal static class ConversationRules
{
    public const int MaxUnread = 100;

    /// <summary>How many ranges of stale messages a conversation remembers.</summary>
    private const int MaxStale = 100;

    /// <summary>The range that a pushed message, or change, completes.</summary>
    /// <remarks>
    /// The server pushes what lies above the device's cursor, in order; a number that it skips is a hole. Where it begins is not known before the first
    /// message: a device that was revoked, or a user who left and came back, begins above what was acked before. Later messages continue above
    /// the acked seqNo; if an ack went further, as a read ack does, nothing below that is pushed.
    /// </remarks>
    /// <param name="conversation">Before the message.</param>
    /// <param name="seqNo">The message's seqNo.</param>
    /// <param name="follows">Whether another message came before it, since the connection or its last drain began.</param>
    /// <param name="missed">The highest seqNo whose message is known to exist and not to be here; 0 for none.</param>
    public static SeqNoRange CompletedBy(this StoredConversation conversation, long seqNo, bool follows, long missed)
    {
        var after = Math.Max(conversation.AckedSeqNo, missed);
        return follows && conversation.AckedSeqNo > 0 && after < seqNo ? new SeqNoRange(after + 1, seqNo) : new SeqNoRange(seqNo, seqNo);
    }

    /// <summary>The conversation with a message, known or new, and the range that it completes.</summary>
    public static StoredConversation With(this StoredConversation conversation, Message message, SeqNoRange completed, string me, DateTimeOffset now)
    {
        if (message.SeqNo <= conversation.ClearedUpTo)
            return conversation.WithPlace(message.SeqNo, completed);
        var next = conversation with
        {
            IsLeft = false,
            // A new message brings an archived conversation back, unless it is muted.
            Archived = conversation.Archived && (message.SeqNo <= conversation.MaxSeqNo || conversation.IsMuted(now)),
            Complete = conversation.Complete.With(completed),
            MaxSeqNo = Math.Max(conversation.MaxSeqNo, message.SeqNo),
            LastMessage = MessageRules.Newer(conversation.LastMessage, message),
        };
        // Counted once, when it first arrives: own acks may come before pushes with lower seqNos, and pages in any order.
        var isUncounted = message.Deleted is null && message.SeqNo > next.CountedSeqNo && conversation.Complete.At(message.SeqNo) is null;
        return isUncounted && message.SenderId != me && message.SeqNo > next.ReadSeqNo
            ? next.WithUnread(next.UnreadCount + 1L, next.UnreadMentions + (message.MentionsUser(me) ? 1L : 0))
            : next;
    }

    /// <summary>The conversation with the place of an entry that is no message, and the range that it completes.</summary>
    public static StoredConversation WithPlace(this StoredConversation conversation, long seqNo, SeqNoRange completed) => conversation with
    {
        IsLeft = false,
        Complete = conversation.Complete.With(completed),
        MaxSeqNo = Math.Max(conversation.MaxSeqNo, seqNo),
    };

    /// <summary>The conversation with a message that may lack changes: it is shown as it is, and read again.</summary>
    public static StoredConversation WithStale(this StoredConversation conversation, long seqNo)
    {
        var stale = conversation.Stale.With(new SeqNoRange(seqNo, seqNo));
        // What lies between the two oldest is read too often then, which changes nothing.
        return conversation with { Stale = stale.Length > MaxStale ? stale.With(new SeqNoRange(stale[0].From, stale[1].To)) : stale };
    }

    public static StoredConversation WithUnread(this StoredConversation conversation, long unread, long mentions) => conversation with
    {
        UnreadMentions = (int)Math.Clamp(mentions, 0, Math.Clamp(unread, 0, MaxUnread)),
        UnreadCount = (int)Math.Clamp(unread, 0, MaxUnread),
        UnreadCapped = unread > MaxUnread || unread == MaxUnread && conversation.UnreadCapped,
    };

    /// <summary>The conversation with what the server's list says of it. Cursors only rise.</summary>
    /// <param name="conversation">Before.</param>
    /// <param name="listed">From the list.</param>
    /// <param name="above">How many messages of others are here above the listed <c>maxSeqNo</c>.</param>
    public static StoredConversation With(this StoredConversation conversation, ConversationSummary listed, OthersCount above)
    {
        var next = conversation with
        {
            IsLeft = false,
            Title = listed.Title ?? conversation.Title,
            MaxSeqNo = Math.Max(conversation.MaxSeqNo, listed.MaxSeqNo),
            ReadSeqNo = Math.Max(conversation.ReadSeqNo, listed.ReadSeqNo),
            CountedSeqNo = Math.Max(conversation.CountedSeqNo, listed.MaxSeqNo),
            UnreadCapped = listed.UnreadCapped,
            LastMessage = MessageRules.Newer(conversation.LastMessage, listed.LastMessage),
        };
        return next.WithUnread(listed.UnreadCount + above.Messages, listed.UnreadMentions + above.Mentions).With(SettingsRules.AllOf(listed.Settings));
    }

    /// <summary>The end of the complete range that follows the acked seqNo; the acked seqNo itself if there is none.</summary>
    public static long CompleteFromAcked(this StoredConversation conversation) =>
        conversation.Complete.At(conversation.AckedSeqNo + 1) is { } range ? range.To : conversation.AckedSeqNo;
}
