using Chat.BuildingBlocks.Errors;
using Chat.Modules.Media.Contracts;

namespace Chat.Modules.Media.Attaching;

/// <summary>Nothing can be uploaded yet, so there is nothing to attach.</summary>
internal sealed class MediaAttachments : IMediaAttachments
{
    public Task<Result<IReadOnlyList<MediaDescription>>> AttachAsync(MediaAttachment attachment, CancellationToken ct) =>
        Task.FromResult<Result<IReadOnlyList<MediaDescription>>>(MediaErrors.NotFound);
}
