using Chat.BuildingBlocks.Ids;

namespace Chat.Modules.Media.Catalogue;

/// <summary>A message that has a file.</summary>
/// <param name="Scope">Whose messages: a user's (<c>u:alice</c>; a direct conversation has one use for either side), or those of a group's conversation.</param>
/// <param name="SeqNo">Null until it is known whether, and where, the message is in the log.</param>
/// <param name="CreatedAt">When the attempt was made; whole milliseconds.</param>
internal sealed record MediaUse(
    MediaId Media, string Scope, UserId Sender, string ClientMsgId, ConversationId Conversation, long? SeqNo, DateTimeOffset CreatedAt)
{
    public static string ScopeOf(UserId user) => $"u:{user.Value}";

    /// <summary>Those of a conversation's messages.</summary>
    public static IReadOnlyList<string> ScopesOf(ConversationId conversation) =>
        conversation.IsDirect ? [.. conversation.Members.Select(ScopeOf)] : [conversation.Value];
}

/// <summary>Which messages have which files. Passes MediaUsesContract.</summary>
internal interface IMediaUses
{
    /// <summary>
    /// Adds uses. One that is there already is of the new time, and of the new conversation, from now on, so that <see cref="TryRemoveAsync"/> of what was read
    /// before fails; one whose place in the log is known stays as it is.
    /// </summary>
    Task AddAsync(IReadOnlyList<MediaUse> uses, CancellationToken ct);

    /// <summary>The message is in the log. Nothing happens where there is no such use.</summary>
    Task SetSeqNoAsync(MediaUse use, long seqNo, CancellationToken ct);

    /// <summary>Removes uses of one file as they were read.</summary>
    /// <param name="seen">1 to 1 000.</param>
    /// <returns>False if some were not there, or were added again since; the others are removed.</returns>
    Task<bool> TryRemoveAsync(IReadOnlyList<MediaUse> seen, CancellationToken ct);

    /// <summary>Those of some scopes, at most <paramref name="limit"/> (1 to 10 000), in no order. What was added before the call is found.</summary>
    /// <param name="scopes">1 to <see cref="MaxScopes"/>.</param>
    Task<IReadOnlyList<MediaUse>> GetAsync(MediaId media, IReadOnlyList<string> scopes, int limit, CancellationToken ct);

    /// <summary>The most scopes in one question.</summary>
    public const int MaxScopes = 100;

    /// <summary>Those of every scope, at most <paramref name="limit"/> (1 to 10 000), in no order.</summary>
    Task<IReadOnlyList<MediaUse>> GetAllAsync(MediaId media, int limit, CancellationToken ct);
}
