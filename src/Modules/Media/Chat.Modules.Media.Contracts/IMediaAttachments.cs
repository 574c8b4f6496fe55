using Chat.BuildingBlocks.Errors;
using Chat.BuildingBlocks.Ids;

namespace Chat.Modules.Media.Contracts;

/// <summary>The files of messages that are about to be appended.</summary>
public interface IMediaAttachments
{
    /// <summary>
    /// Says what a message's files are, in the order of the question, and keeps them from now on: what it does is durable before it answers. For the same
    /// attempt it may be called again. Where the message is not appended in the end, they are released some time later.
    /// </summary>
    /// <remarks>Refusals: <see cref="MediaErrors.NotFound"/>, <see cref="MediaErrors.Quarantined"/>, for any of them.</remarks>
    /// <exception cref="StoreUnavailableException">They may have been kept; it may be called again.</exception>
    Task<Result<IReadOnlyList<MediaDescription>>> AttachAsync(MediaAttachment attachment, CancellationToken ct);

    /// <summary>
    /// A message that has these files is about to be erased. Those that no other message has by then are removed some time later. Call it before, so that it is
    /// not missed.
    /// </summary>
    /// <exception cref="StoreUnavailableException">It may have happened; it may be called again.</exception>
    Task ReleaseAsync(IReadOnlyList<MediaId> media, CancellationToken ct);
}

/// <summary>The files of a message that is about to be appended.</summary>
/// <param name="Sender">Who sends it.</param>
/// <param name="ClientMsgId">The attempt.</param>
/// <param name="To">Where it goes: whoever sees the message there may read its files.</param>
/// <param name="Media">1 to 10, each once, and each a finished upload of the sender, or one that the sender may read.</param>
public sealed record MediaAttachment(DeviceAddress Sender, string ClientMsgId, ConversationId To, IReadOnlyList<MediaId> Media);
