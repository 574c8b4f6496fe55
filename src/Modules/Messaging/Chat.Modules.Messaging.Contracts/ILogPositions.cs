using Chat.BuildingBlocks.Ids;

namespace Chat.Modules.Messaging.Contracts;

/// <summary>A store that contains seqNos of the embedded log. After a restore it may be newer than the log.</summary>
public interface ILogPositions
{
    /// <summary>The highest stored seqNo of each conversation.</summary>
    IReadOnlyDictionary<ConversationId, SeqNo> ReadHighest();

    /// <summary>Lowers all stored seqNos of these conversations that are above the heads.</summary>
    Task ClampAsync(IReadOnlyDictionary<ConversationId, SeqNo> heads, CancellationToken ct);
}
