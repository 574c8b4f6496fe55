using Chat.BuildingBlocks.Ids;
using Chat.Modules.Messaging.Contracts;

namespace Chat.Modules.Messaging.Settings;

/// <summary>What a user has archived or cleared of a conversation, as in <see cref="OwnSettings"/>.</summary>
internal readonly record struct Hidden(SeqNo ArchivedBelow, SeqNo ClearedUpTo);

/// <summary>What a user has archived and cleared.</summary>
/// <param name="All">In which conversations; null for more than <see cref="Max"/>: each is asked for by itself.</param>
internal sealed record AllHidden(IReadOnlyDictionary<ConversationId, Hidden>? All)
{
    /// <summary>So many are read together.</summary>
    public const int Max = 1_000;
}

/// <summary>What a user with very many has archived or cleared of one conversation.</summary>
internal sealed record OneHidden(Hidden Hidden);

internal static class HiddenSettings
{
    public static OwnSettings With(this OwnSettings settings, Hidden hidden) =>
        hidden == default ? settings : settings with { ArchivedBelow = hidden.ArchivedBelow, ClearedUpTo = hidden.ClearedUpTo };
}
