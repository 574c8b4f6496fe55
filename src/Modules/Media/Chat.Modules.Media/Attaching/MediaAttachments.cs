using Chat.BuildingBlocks.Errors;
using Chat.BuildingBlocks.Ids;
using Chat.Modules.Media.Catalogue;
using Chat.Modules.Media.Contracts;
using Microsoft.Extensions.Options;

namespace Chat.Modules.Media.Attaching;

/// <summary>
/// Keeps a message's files before it is appended. First the uses are added and then the file is kept, as a removal looks for uses first and then at what was kept:
/// either it finds the use, or the file is found removed here.
/// </summary>
internal sealed class MediaAttachments(IMediaCatalogue catalogue, IMediaUses uses, MediaAccess access, IOptions<MediaOptions> options, TimeProvider clock)
    : IMediaAttachments
{
    public async Task<Result<IReadOnlyList<MediaDescription>>> AttachAsync(MediaAttachment attachment, CancellationToken ct)
    {
        var descriptions = new List<MediaDescription>(attachment.Media.Count);
        foreach (var media in attachment.Media)
        {
            if (await access.FindAsync(media, attachment.Sender.User, ct) is not { } row)
                return MediaErrors.NotFound;
            if (row.State == MediaState.Quarantined)
                return MediaErrors.Quarantined;
            descriptions.Add(row.Describe());
        }
        foreach (var media in attachment.Media)
        {
            if (!await KeepAsync(media, attachment, ct))
                return MediaErrors.NotFound;
        }
        return descriptions;
    }

    public async Task ReleaseAsync(IReadOnlyList<MediaId> media, CancellationToken ct)
    {
        foreach (var one in media)
            await catalogue.KeepAsync(one, clock.GetUtcNow() + options.Value.OrphanAfter, ct);
    }

    private async Task<bool> KeepAsync(MediaId media, MediaAttachment attachment, CancellationToken ct)
    {
        var now = DateTimeOffset.FromUnixTimeMilliseconds(clock.GetUtcNow().ToUnixTimeMilliseconds());
        var until = now + options.Value.OrphanAfter;
        // Whatever happens from here on, somebody looks whether the message is there.
        await catalogue.AddDueAsync(new DueEntry(until, DueEntry.Medium, media.ToString()), ct);
        await uses.AddAsync(
            [.. MediaUse.ScopesOf(attachment.To).Select(scope =>
                new MediaUse(media, scope, attachment.Sender.User, attachment.ClientMsgId, attachment.To, SeqNo: null, now))],
            ct);
        return await catalogue.KeepAsync(media, until, ct);
    }
}
