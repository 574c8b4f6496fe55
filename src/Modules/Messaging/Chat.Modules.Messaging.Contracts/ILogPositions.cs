using Chat.BuildingBlocks.Ids;

namespace Chat.Modules.Messaging.Contracts;

/// <summary>A store beside the embedded log that keeps places in it. After a restore it may be newer than the log.</summary>
public interface ILogPositions
{
    /// <summary>Of each conversation the highest place that is kept.</summary>
    IReadOnlyDictionary<ConversationId, SeqNo> ReadHighest();

    /// <summary>Moves all places of these conversations that are above their heads down to them.</summary>
    Task ClampAsync(IReadOnlyDictionary<ConversationId, SeqNo> heads, CancellationToken ct);
}
