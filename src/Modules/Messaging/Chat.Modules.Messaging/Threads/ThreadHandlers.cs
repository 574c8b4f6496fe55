using System.Globalization;
using Chat.BuildingBlocks.Errors;
using Chat.BuildingBlocks.Ids;
using Chat.BuildingBlocks.Mediation;
using Chat.Modules.Messaging.Changes;
using Chat.Modules.Messaging.Contracts;
using Chat.Modules.Messaging.Log;
using MediatR;
using Microsoft.Extensions.Options;

namespace Chat.Modules.Messaging.Threads;

/// <summary>The log's index names the threads; which of them a place in it is still about, their roots tell.</summary>
internal sealed class GetThreadsHandler(IMessageLog log, IMediator mediator, ChangedMessages messages, IOptions<MessagingOptions> options)
    : IQueryHandler<GetThreads, Result<ThreadPage>>
{
    // So often the index is read for one page, where much of it is not shown.
    private const int MaxReads = 8;

    public async Task<Result<ThreadPage>> Handle(GetThreads query, CancellationToken ct)
    {
        if (query.Limit < 1)
            return Error.BadRequest("limit is 1 or more.");
        var start = new SeqNo(SeqNo.MaxValue);
        if (query.Cursor is not null && !TryParse(query.Cursor, out start))
            return Error.BadRequest("cursor is the next of the page before.");
        if (await mediator.Send(new GetMembershipAsReader(query.Conversation, query.Caller.User), ct) is not { } membership)
            return MessagingErrors.NotAMember;

        var limit = Math.Min(query.Limit, GetThreads.MaxLimit);
        var (roots, places, listed) = (new List<LoggedMessage>(), new List<SeqNo>(), new HashSet<SeqNo>());
        var (isEnd, before) = (false, start);
        for (var reads = 0; roots.Count < limit && !isEnd && reads < MaxReads; reads++)
        {
            var found = await log.ReadThreadsAsync(query.Conversation, before, limit, ct);
            // A thread's messages stand above the one that began it: below, nothing is shown.
            var visible = found.TakeWhile(place => place.Last > membership.VisibleAfter).ToList();
            var seen = 0;
            foreach (var (place, root) in visible.Zip(await log.ReadAtAsync(query.Conversation, [.. visible.Select(place => place.Root)], ct)))
            {
                seen++;
                before = place.Last;
                // One that something was written to since is on an earlier page, or at the front.
                if (root is not { IsShown: true, State.Thread: { } thread } || root.SeqNo <= membership.VisibleAfter || thread.LastSeqNo >= start || !listed.Add(root.SeqNo))
                    continue;
                roots.Add(root);
                places.Add(place.Last);
                if (roots.Count == limit)
                    break;
            }
            isEnd = seen == visible.Count && (found.Count < limit || visible.Count < found.Count);
        }
        var count = roots.Count;
        var fitting = new ReadLimit(limit, options.Value.MaxPageContent).Fit(roots);
        SeqNo? next = fitting.Count < count ? places[fitting.Count - 1] : isEnd ? null : before;
        return new ThreadPage(
            await messages.ViewAsync(query.Conversation, fitting, query.Caller.User, ct), next?.Value.ToString(CultureInfo.InvariantCulture));
    }

    private static bool TryParse(string cursor, out SeqNo place)
    {
        var isPlace = long.TryParse(cursor, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number is > 0 and <= SeqNo.MaxValue;
        place = new SeqNo(number);
        return isPlace;
    }
}

internal sealed class GetThreadMessagesHandler(IMessageLog log, ChangedMessages messages, IOptions<MessagingOptions> options)
    : IQueryHandler<GetThreadMessages, Result<ThreadMessagePage>>
{
    public async Task<Result<ThreadMessagePage>> Handle(GetThreadMessages query, CancellationToken ct)
    {
        if (query.Limit < 1)
            return Error.BadRequest("limit is 1 or more.");
        if (query is { After: not null, Before: not null })
            return Error.BadRequest("Give after or before, not both.");
        var root = await messages.FindAsync(query.Conversation, query.Root, query.Caller.User, ct);
        if (!root.IsOk)
            return root.Error;
        if (query.Before is { Value: < 2 })
            return new ThreadMessagePage([], null, null);

        var limit = Math.Min(query.Limit, GetMessages.MaxLimit);
        var isDown = query.Before is not null;
        var places = await log.ReadThreadAsync(
            query.Conversation, root.Value.SeqNo, isDown ? null : query.After ?? SeqNo.None, query.Before ?? SeqNo.None, limit, ct);
        var read = (await log.ReadAtAsync(query.Conversation, places, ct)).OfType<LoggedMessage>()
            .Where(message => message.IsShown && message.Content.Thread?.SeqNo == root.Value.SeqNo).ToList();
        var count = read.Count;
        var fitting = new ReadLimit(limit, options.Value.MaxPageContent).Fit(read);
        SeqNo? next = fitting.Count < count ? fitting[^1].SeqNo : places.Count == limit ? places[^1] : null;
        if (isDown)
            fitting.Reverse();
        var views = await messages.ViewAsync(query.Conversation, fitting, query.Caller.User, ct);
        return new ThreadMessagePage(views, isDown ? null : next, isDown ? next : null);
    }
}
