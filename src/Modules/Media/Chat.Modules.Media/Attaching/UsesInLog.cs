using Chat.BuildingBlocks.Ids;
using Chat.Modules.Media.Catalogue;
using Chat.Modules.Messaging.Contracts;
using MediatR;

namespace Chat.Modules.Media.Attaching;

/// <summary>Looks uses up in the log, which alone knows which messages have which files.</summary>
internal sealed class UsesInLog(IMediaUses uses, IMediator mediator)
{
    /// <summary>
    /// The use with its message's place. Null if no message in the log has the file by it: the message was not appended (yet), has other files, or was erased.
    /// </summary>
    public async Task<MediaUse?> FindAsync(MediaUse use, CancellationToken ct)
    {
        if (use.SeqNo is { } seqNo)
        {
            var read = await mediator.Send(new ReadLog(use.Conversation, new SeqNo(seqNo - 1), Limit: 1), ct);
            return read is [var message] && message.SeqNo.Value == seqNo && Has(message, use) ? use : null;
        }
        if (await mediator.Send(new FindAttempt(use.Sender, use.ClientMsgId), ct) is not { } found || !Has(found, use))
            return null;
        await uses.SetSeqNoAsync(use, found.SeqNo.Value, ct);
        return use with { SeqNo = found.SeqNo.Value };
    }

    /// <summary>Whether a user sees the message now, by which it may read the file.</summary>
    public async Task<bool> IsShownAsync(MediaUse use, UserId reader, CancellationToken ct)
    {
        var placed = use.SeqNo is null ? await FindAsync(use, ct) : use;
        return placed is not null && await mediator.Send(new GetShownMessage(placed.Conversation, new SeqNo(placed.SeqNo!.Value), reader), ct) is { } message
            && Has(message, placed);
    }

    private static bool Has(LoggedMessage message, MediaUse use) =>
        message.Conversation == use.Conversation && message.Content.Media.Any(media => media.Id == use.Media);
}
