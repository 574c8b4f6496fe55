namespace Chat.Client;

/// <summary>How a conversation changes with what becomes known of its log.</summary>
internal static class LogRules
{
    public const int MostUnread = 100;

    /// <summary>What a message completes that arrived by a push.</summary>
    /// <remarks>
    /// The server pushes what lies above the device's cursor, in order, and a number that it skips is a hole. Where it begins is known only from
    /// the first message on: a device that was revoked, or a user who left and came back, begins at the head, above what was acked before. What
    /// follows goes on above the acked place; where an ack went further, as one for a read does, nothing below that is pushed any more.
    /// </remarks>
    /// <param name="conversation">As it was before.</param>
    /// <param name="seqNo">The message's place.</param>
    /// <param name="follows">Whether another one came before it, since the connection or its last drain began.</param>
    /// <param name="missed">A place that is known to be taken, by what is not here; 0 for none.</param>
    public static Span CompletedBy(this StoredConversation conversation, long seqNo, bool follows, long missed)
    {
        var after = Math.Max(conversation.AckedTo, missed);
        return follows && conversation.AckedTo > 0 && after < seqNo ? new Span(after + 1, seqNo) : new Span(seqNo, seqNo);
    }

    /// <summary>With a message of the log and the stretch that is complete with it.</summary>
    /// <param name="conversation">As it was before.</param>
    /// <param name="message">The message, known or new.</param>
    /// <param name="completed">What is complete now.</param>
    /// <param name="me">The user.</param>
    public static StoredConversation With(this StoredConversation conversation, Message message, Span completed, string me)
    {
        var next = conversation with
        {
            IsLeft = false,
            Spans = conversation.Spans.With(completed),
            MaxSeqNo = Math.Max(conversation.MaxSeqNo, message.SeqNo),
            LastMessage = conversation.LastMessage is { } last && last.SeqNo > message.SeqNo ? last : message,
        };
        // Counted once, when its place is first filled: own acks come ahead of pushes with lower places, and pages in any order.
        var isUncounted = message.SeqNo > next.ListedTo && conversation.Spans.At(message.SeqNo) is null;
        return isUncounted && message.SenderId != me && message.SeqNo > next.ReadSeqNo ? next.WithUnread(next.Unread + 1L) : next;
    }

    public static StoredConversation WithUnread(this StoredConversation conversation, long unread) => conversation with
    {
        Unread = (int)Math.Clamp(unread, 0, MostUnread),
        UnreadCapped = unread > MostUnread || unread == MostUnread && conversation.UnreadCapped,
    };

    /// <summary>With what the server lists of it. Cursors only rise.</summary>
    /// <param name="conversation">As it was before.</param>
    /// <param name="listed">What the server says.</param>
    /// <param name="othersAbove">How many messages of others are here above the listed <c>maxSeqNo</c>.</param>
    public static StoredConversation With(this StoredConversation conversation, ConversationSummary listed, int othersAbove)
    {
        var next = conversation with
        {
            IsLeft = false,
            Title = listed.Title ?? conversation.Title,
            MaxSeqNo = Math.Max(conversation.MaxSeqNo, listed.MaxSeqNo),
            ReadSeqNo = Math.Max(conversation.ReadSeqNo, listed.ReadSeqNo),
            ListedTo = Math.Max(conversation.ListedTo, listed.MaxSeqNo),
            UnreadCapped = listed.UnreadCapped,
            LastMessage = conversation.LastMessage is { } last && last.SeqNo >= (listed.LastMessage?.SeqNo ?? 0) ? last : listed.LastMessage,
        };
        return next.WithUnread(listed.UnreadCount + othersAbove);
    }

    /// <summary>The place up to which everything is here without a gap from the acked one on; the acked one itself where nothing is.</summary>
    public static long CompleteFromAcked(this StoredConversation conversation) =>
        conversation.Spans.At(conversation.AckedTo + 1) is { } span ? span.To : conversation.AckedTo;
}
