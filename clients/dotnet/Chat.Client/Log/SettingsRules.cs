namespace Chat.Client;

/// <summary>What own settings make of a conversation: rules without effects (docs/protocol.md, Own settings).</summary>
internal static class SettingsRules
{
    /// <summary>The settings of a conversation, or of an answer, where what is not set is said so.</summary>
    public static OwnSettings AllOf(OwnSettings settings) => new()
    {
        MutedUntil = settings.MutedUntil ?? DateTimeOffset.UnixEpoch,
        Archived = settings.Archived ?? false,
        Pinned = settings.Pinned ?? false,
        MarkedUnread = settings.MarkedUnread ?? false,
        ClearedUpTo = settings.ClearedUpTo ?? 0,
        Draft = settings.Draft ?? "",
    };

    /// <inheritdoc cref="AllOf(OwnSettings)"/>
    public static OwnSettings AllOf(StoredConversation? conversation) => conversation is null ? AllOf(new OwnSettings()) : AllOf(new OwnSettings
    {
        MutedUntil = conversation.MutedUntil, Archived = conversation.Archived, Pinned = conversation.Pinned, MarkedUnread = conversation.MarkedUnread,
        ClearedUpTo = conversation.ClearedUpTo, Draft = conversation.Draft,
    });

    /// <summary>Those of the settings that are the same in two states of a conversation.</summary>
    public static OwnSettings Unchanged(OwnSettings settings, StoredConversation? before, StoredConversation? now)
    {
        var (all, one, other) = (AllOf(settings), AllOf(before), AllOf(now));
        return new OwnSettings
        {
            MutedUntil = one.MutedUntil == other.MutedUntil ? all.MutedUntil : null,
            Archived = one.Archived == other.Archived ? all.Archived : null,
            Pinned = one.Pinned == other.Pinned ? all.Pinned : null,
            MarkedUnread = one.MarkedUnread == other.MarkedUnread ? all.MarkedUnread : null,
            ClearedUpTo = one.ClearedUpTo == other.ClearedUpTo ? all.ClearedUpTo : null,
            Draft = one.Draft == other.Draft ? all.Draft : null,
        };
    }

    /// <summary>A conversation with settings that were changed; what is null stays.</summary>
    public static StoredConversation With(this StoredConversation conversation, OwnSettings change) => (conversation with
    {
        MutedUntil = change.MutedUntil is { } until ? (until > DateTimeOffset.UnixEpoch ? until : null) : conversation.MutedUntil,
        Archived = change.Archived ?? conversation.Archived,
        Pinned = change.Pinned ?? conversation.Pinned,
        MarkedUnread = change.MarkedUnread ?? conversation.MarkedUnread,
        ClearedUpTo = Math.Max(change.ClearedUpTo ?? 0, conversation.ClearedUpTo),
        Draft = change.Draft is { } draft ? (draft.Length > 0 ? draft : null) : conversation.Draft,
    }).Cleared();

    public static bool IsMuted(this StoredConversation conversation, DateTimeOffset now) => conversation.MutedUntil > now;

    /// <summary>Whether a conversation is gone: archived, and everything in it was cleared. Its next message brings it back.</summary>
    public static bool IsDeleted(this StoredConversation conversation) =>
        // Notices, and changes of what is cleared, bring nothing back.
        conversation is { Archived: true, ClearedUpTo: > 0, LastMessage: null } && conversation.Complete.Cover(conversation.ClearedUpTo + 1, conversation.MaxSeqNo);

    /// <summary>What is cleared is neither shown nor counted, and nothing of it is missing.</summary>
    private static StoredConversation Cleared(this StoredConversation conversation)
    {
        var cleared = conversation.ClearedUpTo;
        if (cleared == 0)
            return conversation;
        var above = Math.Max(0, conversation.MaxSeqNo - cleared);
        return (conversation with
        {
            // Its place in the list stays.
            KnownSince = conversation.LastMessage is { } last && last.SeqNo <= cleared ? last.Timestamp : conversation.KnownSince,
            LastMessage = conversation.LastMessage?.SeqNo > cleared ? conversation.LastMessage : null,
            Complete = conversation.Complete.With(new SeqNoRange(1, cleared)),
            Stale = conversation.Stale.Without(new SeqNoRange(1, cleared)),
            UnreadCapped = conversation.UnreadCapped && above > conversation.UnreadCount,
        }).WithUnread(Math.Min(conversation.UnreadCount, above), Math.Min(conversation.UnreadMentions, above));
    }
}
