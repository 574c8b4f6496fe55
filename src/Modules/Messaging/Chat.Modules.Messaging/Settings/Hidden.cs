using Chat.BuildingBlocks.Ids;
using Chat.Modules.Messaging.Contracts;

namespace Chat.Modules.Messaging.Settings;

/// <summary>What a user has archived or cleared of a conversation, as in <see cref="OwnSettings"/>.</summary>
internal readonly record struct Hidden(SeqNo ArchivedBelow, SeqNo ClearedUpTo);

internal static class HiddenSettings
{
    public static OwnSettings With(this OwnSettings settings, Hidden hidden) =>
        hidden == default ? settings : settings with { ArchivedBelow = hidden.ArchivedBelow, ClearedUpTo = hidden.ClearedUpTo };
}
