using Chat.BuildingBlocks.Ids;
using Chat.Modules.Media.Contracts;
using Chat.Modules.Messaging.Log;

namespace Chat.Modules.Messaging.Erasing;

/// <summary>Erases a message's content, and lets go of its files. The only caller of <see cref="IMessageLog.EraseContentAsync"/>.</summary>
internal sealed class MessageEraser(IMessageLog log, IMediaAttachments attachments)
{
    /// <summary>As <see cref="IMessageLog.EraseContentAsync"/>.</summary>
    public async Task EraseAsync(ConversationId conversation, SeqNo seqNo, CancellationToken ct)
    {
        // Before, as nobody knows the files afterwards.
        if (await log.ReadStoredAsync(conversation, seqNo, ct) is { Content.Media: { Count: > 0 } media })
            await attachments.ReleaseAsync([.. media.Select(one => one.Id)], ct);
        await log.EraseContentAsync(conversation, seqNo, ct);
    }
}
