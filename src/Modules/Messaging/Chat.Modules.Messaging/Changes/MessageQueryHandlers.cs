using System.Buffers.Text;
using System.Globalization;
using System.Text;
using Chat.BuildingBlocks.Errors;
using Chat.BuildingBlocks.Ids;
using Chat.BuildingBlocks.Mediation;
using Chat.Modules.Messaging.Contracts;
using Chat.Modules.Messaging.Log;
using MediatR;
using Microsoft.Extensions.Options;

namespace Chat.Modules.Messaging.Changes;

internal sealed class GetMessageHandler(ChangedMessages messages) : IQueryHandler<GetMessage, Result<MessageView>>
{
    public async Task<Result<MessageView>> Handle(GetMessage query, CancellationToken ct)
    {
        var found = await messages.FindAsync(query.Conversation, query.Message, query.Caller.User, ct);
        return found.IsOk ? (await messages.ViewAsync(query.Conversation, [found.Value], query.Caller.User, ct))[0] : found.Error;
    }
}

internal sealed class GetReactionsHandler(IMessageLog log, ChangedMessages messages) : IQueryHandler<GetReactions, Result<ReactionPage>>
{
    public async Task<Result<ReactionPage>> Handle(GetReactions query, CancellationToken ct)
    {
        if (query.Limit < 1)
            return Error.BadRequest("limit is 1 or more.");
        var emoji = query.Emoji is null ? null : Emoji.Qualify(query.Emoji);
        if (query.Emoji is not null && emoji is null)
            return Error.BadRequest("emoji is one emoji of Unicode's RGI set.");
        var after = query.Cursor is null ? null : Parse(query.Cursor);
        if (query.Cursor is not null && after is null)
            return Error.BadRequest("cursor is the next of the page before.");
        var found = await messages.FindAsync(query.Conversation, query.Message, query.Caller.User, ct);
        if (!found.IsOk)
            return found.Error;
        // They may still be in the store.
        if (found.Value.State?.Deletion is not null)
            return new ReactionPage([], null);
        var limit = Math.Min(query.Limit, GetReactions.MaxLimit);
        var read = await log.ReadReactionsAsync(query.Conversation, found.Value.SeqNo, emoji, after, limit, ct);
        return new ReactionPage(read.Found, read.Next is { } next ? NextOf(next) : null);
    }

    private static string NextOf(ReactionPlace last) => Base64Url.EncodeToString(Encoding.UTF8.GetBytes($"{last.User.Value}\0{last.Emoji}"));

    private static ReactionPlace? Parse(string cursor) =>
        Base64Url.IsValid(cursor) && Encoding.UTF8.GetString(Base64Url.DecodeFromChars(cursor)).Split('\0') is [var user, var emoji] && UserId.TryParse(user, out var id)
            ? new ReactionPlace(id, emoji)
            : null;
}

internal sealed class GetEditsHandler(IMessageLog log, ChangedMessages messages, IOptions<MessagingOptions> options)
    : IQueryHandler<GetEdits, Result<IReadOnlyList<LoggedMessage>>>
{
    private const int ReadAtOnce = 16;

    public async Task<Result<IReadOnlyList<LoggedMessage>>> Handle(GetEdits query, CancellationToken ct)
    {
        var found = await messages.FindAsync(query.Conversation, query.Message, query.Caller.User, ct);
        if (!found.IsOk)
            return found.Error;
        var message = found.Value;
        if (message.State?.Deletion is not null)
            return MessagingErrors.MessageDeleted;
        var places = message.State?.Edits ?? [];
        var newestFirst = new List<LoggedMessage>();
        var fitting = 0;
        // Only what fits is read, and a few more.
        for (var last = places.Count; last > 0 && fitting == newestFirst.Count; last -= ReadAtOnce)
        {
            var edits = await log.ReadAtAsync(query.Conversation, [.. places.Skip(last - ReadAtOnce).Take(Math.Min(last, ReadAtOnce))], ct);
            // One that was erased meanwhile, with its message, is not shown.
            newestFirst.AddRange(edits.OfType<LoggedMessage>().Where(edit => edit.Content.IsChange).Reverse());
            fitting = Fit(newestFirst).Count;
        }
        if (fitting == newestFirst.Count)
            newestFirst.Add(message with { State = null });
        var texts = Fit(newestFirst);
        texts.Reverse();
        return texts;
    }

    private List<LoggedMessage> Fit(List<LoggedMessage> texts) => new ReadLimit(texts.Count, options.Value.MaxPageContent).Fit([.. texts]);
}

internal sealed class GetPinsHandler(IMessageLog log, IMediator mediator, ChangedMessages messages, IOptions<MessagingOptions> options)
    : IQueryHandler<GetPins, Result<PinPage>>
{
    public async Task<Result<PinPage>> Handle(GetPins query, CancellationToken ct)
    {
        var before = new SeqNo(SeqNo.MaxValue);
        if (query.Cursor is not null && !TryParse(query.Cursor, out before))
            return Error.BadRequest("cursor is the next of the page before.");
        if (await mediator.Send(new GetMembershipAsReader(query.Conversation, query.Caller.User), ct) is not { } membership)
            return MessagingErrors.NotAMember;
        var pins = await log.ReadPinsAsync(query.Conversation, ct);
        var read = await log.ReadAtAsync(query.Conversation, [.. pins.Where(seqNo => seqNo > membership.VisibleAfter)], ct);
        var shown = read.OfType<LoggedMessage>().Where(message => message.State is { Pin: { On: true } pin } && pin.Entry < before).ToList();
        var count = shown.Count;
        var fitting = new ReadLimit(GetMessages.MaxLimit, options.Value.MaxPageContent).Fit(shown);
        return new PinPage(
            await messages.ViewAsync(query.Conversation, fitting, query.Caller.User, ct),
            fitting.Count < count ? fitting[^1].State!.Pin!.Entry.Value.ToString(CultureInfo.InvariantCulture) : null);
    }

    // By the entry that pinned it, whatever was pinned since.
    private static bool TryParse(string cursor, out SeqNo place)
    {
        var isPlace = long.TryParse(cursor, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number is > 0 and <= SeqNo.MaxValue;
        place = new SeqNo(number);
        return isPlace;
    }
}

internal sealed class GetOwnReactionsHandler(IMessageLog log) : IQueryHandler<GetOwnReactions, IReadOnlyDictionary<SeqNo, IReadOnlyList<string>>>
{
    public Task<IReadOnlyDictionary<SeqNo, IReadOnlyList<string>>> Handle(GetOwnReactions query, CancellationToken ct) =>
        log.ReadOwnReactionsAsync(query.Conversation, query.Messages, query.User, ct).AsTask();
}
