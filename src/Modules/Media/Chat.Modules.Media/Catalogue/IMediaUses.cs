using Chat.BuildingBlocks.Ids;

namespace Chat.Modules.Media.Catalogue;

/// <summary>A message that has a file.</summary>
/// <param name="Scope">Whose messages: a user's (<c>u:alice</c>; a direct conversation has one use for either side), or those of a group's conversation.</param>
/// <param name="SeqNo">Null until it is known whether, and where, the message is in the log.</param>
internal sealed record MediaUse(
    MediaId Media, string Scope, UserId Sender, string ClientMsgId, ConversationId Conversation, long? SeqNo, DateTimeOffset CreatedAt);

/// <summary>Which messages have which files. Passes MediaUsesContract.</summary>
internal interface IMediaUses
{
    /// <summary>Adds uses that are not there yet; one that is stays as it is.</summary>
    Task AddAsync(IReadOnlyList<MediaUse> uses, CancellationToken ct);

    /// <summary>The message is in the log. Nothing happens where there is no such use.</summary>
    Task SetSeqNoAsync(MediaUse use, long seqNo, CancellationToken ct);

    /// <summary>Nothing happens where there is no such use.</summary>
    Task RemoveAsync(MediaUse use, CancellationToken ct);

    /// <summary>Those of one scope, at most <paramref name="limit"/> (1 to 10 000), in no order.</summary>
    Task<IReadOnlyList<MediaUse>> GetAsync(MediaId media, string scope, int limit, CancellationToken ct);

    /// <summary>Those of every scope, at most <paramref name="limit"/> (1 to 10 000), in no order.</summary>
    Task<IReadOnlyList<MediaUse>> GetAllAsync(MediaId media, int limit, CancellationToken ct);
}
