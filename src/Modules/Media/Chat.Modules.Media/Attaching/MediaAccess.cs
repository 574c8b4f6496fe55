using Chat.BuildingBlocks.Ids;
using Chat.Modules.Groups.Contracts;
using Chat.Modules.Media.Catalogue;
using Chat.Modules.Messaging.Contracts;
using MediatR;

namespace Chat.Modules.Media.Attaching;

/// <summary>
/// Who may read a file: its uploader, and whoever sees a message that has it, as long as that lasts. A file of few messages is asked for all of them; one of many for
/// those of the reader's conversations, so that neither a file in very many groups nor a user in very many costs more than the fewer of the two.
/// </summary>
internal sealed class MediaAccess(IMediaCatalogue catalogue, IMediaUses uses, UsesInLog log, IMediator mediator)
{
    // Messages of a file that are asked one by one whether the reader sees them.
    private const int Few = 64;

    // Of one scope, or of so many as are asked at once.
    private const int MaxUses = 10_000;

    // Messages that are read for one answer, but for those that were erased: they lose their use, and so are read once.
    private const int MaxRead = 256;

    /// <summary>
    /// The file as the catalogue has it, in whatever state that is not uploading or removed; null where there is none, and where the user may not read it. Both
    /// look the same, and ask the same.
    /// </summary>
    public async Task<MediaRow?> FindAsync(MediaId media, UserId reader, CancellationToken ct)
    {
        var row = await catalogue.FindAsync(media, ct) is { IsThere: true } there ? there : null;
        if (row?.Uploader == reader)
            return row;
        // Also where there is no such file: the time of the answer does not tell.
        return await SeesMessageAsync(media, reader, ct) ? row : null;
    }

    private async Task<bool> SeesMessageAsync(MediaId media, UserId reader, CancellationToken ct)
    {
        var own = MediaUse.ScopeOf(reader);
        var few = await uses.GetAllAsync(media, Few + 1, ct);
        if (few.Count <= Few)
            return await SeesAnyAsync(few.Where(use => !use.Conversation.IsDirect || use.Scope == own), reader, ct);
        if (await SeesAnyAsync(await uses.GetAsync(media, [own], MaxUses, ct), reader, ct))
            return true;
        foreach (var groups in (await mediator.Send(new GetGroupsOf(reader), ct)).Select(group => group.Group.Value).Chunk(IMediaUses.MaxScopes))
        {
            if (await SeesAnyAsync(await uses.GetAsync(media, groups, MaxUses, ct), reader, ct))
                return true;
        }
        return false;
    }

    private async Task<bool> SeesAnyAsync(IEnumerable<MediaUse> candidates, UserId reader, CancellationToken ct)
    {
        var gone = new List<MediaUse>();
        var sees = await SeesAnyAsync(candidates, reader, gone, ct);
        if (gone.Count > 0)
            await uses.TryRemoveAsync(gone, ct);
        return sees;
    }

    /// <param name="gone">Gets the uses whose messages were erased. When they are many they are removed, so that who gives up waiting leaves fewer.</param>
    private async Task<bool> SeesAnyAsync(IEnumerable<MediaUse> candidates, UserId reader, List<MediaUse> gone, CancellationToken ct)
    {
        var read = 0;
        foreach (var conversation in candidates.GroupBy(use => use.Conversation))
        {
            if (await mediator.Send(new GetMembershipAsReader(conversation.Key, reader), ct) is not { } membership)
                continue;
            // The newest first, as what is old may be hidden; those whose place is not known yet are newer still.
            foreach (var use in conversation.Where(use => use.SeqNo is not { } seqNo || seqNo > membership.VisibleAfter.Value)
                .OrderByDescending(use => use.SeqNo ?? long.MaxValue))
            {
                if (await log.IsShownAsync(use, reader, ct))
                    return true;
                // Whoever may read a file could forward it often, and delete that again, to keep others from it.
                if (use.SeqNo is not null && await log.FindAsync(use, ct) is null)
                    gone.Add(use);
                else if (++read == MaxRead)
                    return false;
                if (gone.Count < MaxRead)
                    continue;
                await uses.TryRemoveAsync(gone, ct);
                gone.Clear();
            }
        }
        return false;
    }
}
