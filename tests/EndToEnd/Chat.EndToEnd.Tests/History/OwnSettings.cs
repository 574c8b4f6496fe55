namespace Chat.EndToEnd.Tests.History;

/// <summary>What a user asks a conversation's own settings to be, and what a server says that they are.</summary>
/// <param name="ClearedUpTo">Null where it is not asked for; of a server 0 for none.</param>
/// <param name="Archived">Null where it is not asked for.</param>
/// <param name="Draft">Null where it is not asked for; empty for none.</param>
internal sealed record OwnSettings(long? ClearedUpTo = null, bool? Archived = null, string? Draft = null);

/// <summary>Where a server lists a conversation.</summary>
internal enum Listing
{
    Nowhere,
    AmongOthers,
    AmongArchived,
}
