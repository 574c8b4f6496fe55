using Chat.BuildingBlocks.Concurrency;
using Chat.BuildingBlocks.Errors;
using Chat.BuildingBlocks.Ids;
using Chat.BuildingBlocks.Mediation;
using Chat.BuildingBlocks.Text;
using Chat.Modules.Delivery.Contracts;
using Chat.Modules.Groups.Contracts;
using Chat.Modules.Messaging.Contracts;
using Chat.Modules.Messaging.Inbox;
using Chat.Modules.Messaging.Log;
using Chat.Modules.Messaging.Settings;
using MediatR;
using Microsoft.Extensions.Options;

namespace Chat.Modules.Messaging.Conversations;

/// <summary>
/// The list is put together from the inbox, which has the direct conversations in their order, and the groups, which are few: a page costs what it
/// shows, and the newest message of each group.
/// </summary>
internal sealed class GetConversationsHandler(
    IMessageLog log, IInbox inbox, IOwnSettingsStore settings, MentionCounter mentions, IMediator mediator, ListGate gate, IOptions<MessagingOptions> options, TimeProvider clock)
    : IQueryHandler<GetConversations, Result<ConversationPage>>
{
    private const int ReadsAtOnce = 16;

    // Entries below a newest message that is not shown any more, among which another one is looked for.
    private const int LookBack = 64;

    // Of so many parts of the list one page is put together, where much is archived.
    private const int MaxRounds = 8;

    private static readonly Membership Direct = new(SeqNo.None, SeqNo.None);
    private static readonly Cursors NoCursors = new(SeqNo.None, SeqNo.None);

    public Task<Result<ConversationPage>> Handle(GetConversations query, CancellationToken ct) =>
        gate.PassAsync(query.Caller, () => ListAsync(query, ct));

    private async Task<Result<ConversationPage>> ListAsync(GetConversations query, CancellationToken ct)
    {
        if (query.Limit < 1)
            return Error.BadRequest("limit is 1 or more.");
        PageStart? start = null;
        if (query.Cursor is not null && (start = PageStart.Parse(query.Cursor)) is null)
            return Error.BadRequest("cursor is the next of the page before.");

        // Before anything is read: whatever moves from here on is found by it.
        var begun = log.ActivityFloor;
        var user = query.Caller.User;
        var directs = query.Archived ? await FindArchivedAsync(user, ct) : await inbox.OpenAsync(user, ct);
        var source = new Source(directs, await FindGroupsAsync(user, ct), query.Archived);

        var limit = Math.Min(query.Limit, GetConversations.MaxLimit);
        var (page, next) = await FillAsync(source, user, start, begun, limit, ct);
        var fitting = Math.Min(limit, CountFitting(page));
        if (page.Count > fitting)
        {
            next = page[fitting - 1].Next;
            page.RemoveRange(fitting, page.Count - fitting);
        }

        var cursors = await mediator.Send(new GetCursors(query.Caller, page.ConvertAll(entry => entry.Position.Conversation)), ct);
        var timers = await log.ReadTimersAsync(page.ConvertAll(entry => entry.Position.Conversation), ct);
        var summaries = await Concurrently.SelectAsync(page, ReadsAtOnce, SummaryAsync, ct);
        return new ConversationPage(summaries, next?.ToString(), log.Epoch);

        async ValueTask<ConversationSummary> SummaryAsync(Entry entry, CancellationToken cancelled) =>
            await this.SummaryAsync(entry, user, cursors.GetValueOrDefault(entry.Position.Conversation, NoCursors), cancelled) with
            {
                Timer = timers.GetValueOrDefault(entry.Position.Conversation) is { Seconds: > 0 } timer ? timer.Seconds : null,
            };
    }

    /// <summary>The user's archived direct conversations, and those that came back since. Where that is very much, all direct conversations: a page passes over those that are not archived.</summary>
    private async Task<IUserInbox> FindArchivedAsync(UserId user, CancellationToken ct) =>
        await settings.ReadHiddenAsync(user, AllHidden.Max, ct) is { } hidden
            ? new SortedInbox(await log.ReadEntriesAsync(
                [.. hidden.Where(one => one.Value.ArchivedBelow > SeqNo.None && one.Key.IsDirectOf(user)).Select(one => one.Key)], ct))
            : await inbox.OpenAsync(user, ct);

    /// <summary>One more than <paramref name="limit"/> where there are more. Where very many are passed over, fewer, and where to go on.</summary>
    private async Task<(List<Entry> Page, PageStart? Next)> FillAsync(
        Source source, UserId user, PageStart? start, Activity begun, int limit, CancellationToken ct)
    {
        var page = new List<Entry>();
        for (var round = 1; ; round++)
        {
            var count = limit + 1 - page.Count;
            var found = await NextAsync(source, start, count, ct);
            for (var i = 0; i < found.Count; i++)
            {
                var isDown = start is null || (start.Begun is not null && found[i].Position.CompareTo(start.After) > 0);
                found[i] = found[i] with { Next = new PageStart(found[i].Position, isDown ? start?.Begun ?? begun : null) };
            }
            page.AddRange((await LoadAsync(found, source, user, ct)).Where(entry => entry.IsListed(source.Archived)));
            if (found.Count < count || page.Count > limit)
                return (page, null);
            start = found[^1].Next;
            if (round == MaxRounds)
                return (page, start);
        }
    }

    /// <summary>What is to be listed next, in the order of <see cref="PageStart"/>; at most <paramref name="count"/>.</summary>
    private static async Task<List<Entry>> NextAsync(Source source, PageStart? start, int count, CancellationToken ct)
    {
        var next = new List<Entry>();
        if (start is null or { Begun: not null })
            next.AddRange(await DownAsync(start?.After));
        if (start is not null && next.Count < count)
            next.AddRange(await UpAsync(start.After, start.Begun ?? Activity.Lowest));
        return next.Count > count ? next[..count] : next;

        async Task<IEnumerable<Entry>> DownAsync(ListPosition? after) => (await source.Directs.DownAsync(after, count, ct)).Select(ToEntry)
            .Concat(source.Groups.Where(entry => after is null || entry.Position.CompareTo(after) > 0))
            .OrderBy(entry => entry.Position);

        // Only a message moves a conversation up.
        async Task<IEnumerable<Entry>> UpAsync(ListPosition before, Activity above) => (await source.Directs.UpAsync(before, above, count, ct)).Select(ToEntry)
            .Concat(source.Groups.Where(entry => entry.Head != SeqNo.None && entry.Position.Activity > above && entry.Position.CompareTo(before) < 0))
            .OrderByDescending(entry => entry.Position);
    }

    private static Entry ToEntry(InboxEntry direct) => new(direct.Position, null, Direct, direct.Head, null);

    // A page ends at its size in bytes, too; one conversation is on it whatever its size.
    private int CountFitting(List<Entry> entries)
    {
        var room = options.Value.MaxPageContent;
        return Math.Max(Math.Min(1, entries.Count), entries.TakeWhile(entry => (room -= entry.MaxJsonBytes()) >= 0).Count());
    }

    // Without the messages, which are read for those on the page: a user may be in many groups.
    private async Task<List<Entry>> FindGroupsAsync(UserId user, CancellationToken ct)
    {
        var groups = await mediator.Send(new GetGroupsOf(user), ct);
        var heads = await log.GetHeadsAsync([.. groups.Select(group => group.Group)], ct);
        return [.. groups.Zip(heads, (group, head) => new Entry(
            new ListPosition(head?.Activity ?? Activity.At(group.CreatedAt), group.Group), group.Title, group.Membership, head?.SeqNo ?? SeqNo.None, null))];
    }

    private async Task<List<Entry>> LoadAsync(List<Entry> found, Source source, UserId user, CancellationToken ct)
    {
        var hidden = await settings.ReadHiddenAsync(user, found.ConvertAll(entry => entry.Position.Conversation), ct);
        var entries = found.FindAll(entry => source.MayList(entry, hidden.GetValueOrDefault(entry.Position.Conversation)));
        var own = settings.ReadAsync(user, entries.ConvertAll(entry => entry.Position.Conversation), ct);
        var written = entries.FindAll(entry => entry.Head != SeqNo.None);
        var newest = (await log.ReadNewestAsync(written.ConvertAll(entry => entry.Position.Conversation), ct))
            .OfType<LoggedMessage>().ToDictionary(message => message.Conversation);
        var loaded = await Concurrently.SelectAsync(entries, ReadsAtOnce, LoadAsync, ct);
        var set = await own;
        return [.. loaded.Select(entry => entry with
        {
            Own = set.GetValueOrDefault(entry.Position.Conversation, OwnSettings.None).With(hidden.GetValueOrDefault(entry.Position.Conversation)).At(clock.GetUtcNow()),
        })];

        // As of when its place was read: what came since has its place in the list, and is told, by itself.
        async ValueTask<Entry> LoadAsync(Entry entry, CancellationToken cancelled) =>
            entry.Head == SeqNo.None ? entry
            : newest.TryGetValue(entry.Position.Conversation, out var message) && message.SeqNo == entry.Head ? await WithLastAsync(entry, message, cancelled)
            : await WithLastAsync(
                entry, await log.ReadBeforeAsync(entry.Position.Conversation, entry.Head.Next, limit: 1, cancelled) is [var last] ? last : null, cancelled);

        // A change is no message, and says where the newest one below it is, if there is one.
        async ValueTask<Entry> WithLastAsync(Entry entry, LoggedMessage? last, CancellationToken cancelled)
        {
            if (last?.Content.PreviousMessage is { } previous)
                last = previous == SeqNo.None ? null : (await log.ReadAtAsync(entry.Position.Conversation, [previous], cancelled))[0];
            return entry with { Last = last, LastShown = last is { IsShown: false, Content.ExpiresAt: not null } ? await FindShownAsync(last, cancelled) : last };
        }
    }

    // Below a message that has expired.
    private async ValueTask<LoggedMessage?> FindShownAsync(LoggedMessage expired, CancellationToken ct)
    {
        var below = await log.ReadBeforeAsync(expired.Conversation, expired.SeqNo, new ReadLimit(LookBack, options.Value.MaxPageContent), ct);
        return below.LastOrDefault(entry => entry.IsShown);
    }

    private async ValueTask<ConversationSummary> SummaryAsync(Entry entry, UserId user, Cursors cursors, CancellationToken ct)
    {
        // What a user writes to itself it has read.
        var read = entry.Position.Conversation.IsNoteToSelf ? entry.Head : SeqNo.Max(cursors.Read, entry.Membership.JoinedAt);
        var visibleAfter = SeqNo.Max(entry.Membership.VisibleAfter, entry.Own.ClearedUpTo);
        var start = SeqNo.Max(read, visibleAfter);
        var unread = await CountUnreadAsync(entry, user, start, ct);
        var last = entry.LastShown is { IsShown: true } shown && shown.SeqNo > visibleAfter ? shown : null;
        return new ConversationSummary(
            entry.Position.Conversation, entry.Title, entry.Head,
            SeqNo.Max(cursors.Delivered, entry.Membership.JoinedAt), read, unread.Count, !unread.IsAll,
            last, entry.Own.At(clock.GetUtcNow(), entry.Newest, read))
        {
            Mine = last is null ? [] : await ReadMineAsync(last, user, ct),
            UnreadMentions = await CountMentionsAsync(entry, user, start, unread, ct),
        };
    }

    private async ValueTask<IReadOnlyList<string>> ReadMineAsync(LoggedMessage message, UserId user, CancellationToken ct) =>
        message.State is { Reactions.Count: > 0 }
        && (await log.ReadOwnReactionsAsync(message.Conversation, [message.SeqNo], user, ct)).TryGetValue(message.SeqNo, out var mine) ? mine : [];

    // Only where something is unread.
    private ValueTask<int> CountMentionsAsync(Entry entry, UserId user, SeqNo after, OthersCount unread, CancellationToken ct) =>
        unread is { Count: 0, IsAll: true } ? new(0)
        : entry.Last is { } last && last.SeqNo == after.Next ? new(MentionCounter.Counts(last, user) ? 1 : 0)
        : mentions.CountAsync(entry.Position.Conversation, user, after, entry.Head, ct);

    // What came after the last message was found is not in the answer, and is not counted: a client counts it when it comes.
    private async ValueTask<OthersCount> CountUnreadAsync(Entry entry, UserId user, SeqNo after, CancellationToken ct) =>
        entry.Last is { } last && last.SeqNo == after.Next
            ? new OthersCount(last.Sender.User != user && last.Content.Kind != MessageKind.Erased ? 1 : 0, IsAll: true)
            : await log.CountOthersAsync(entry.Position.Conversation, user, after, entry.Head, ConversationSummary.UnreadCap, ct);

    /// <summary>What a list is made from.</summary>
    /// <param name="Archived">Whether the archived are listed, or all others.</param>
    private sealed record Source(IUserInbox Directs, IReadOnlyList<Entry> Groups, bool Archived)
    {
        /// <summary>False for those that need not be read: nothing has come since they were archived, or they never were.</summary>
        public bool MayList(Entry entry, Hidden hidden) => Archived ? hidden.ArchivedBelow > SeqNo.None : hidden.ArchivedBelow <= entry.Head;
    }

    private sealed record Entry(ListPosition Position, string? Title, Membership Membership, SeqNo Head, LoggedMessage? Last)
    {
        // Names of fields, punctuation, numbers.
        private const int FixedJsonBytes = 256;
        private const int SettingsJsonBytes = 160;

        /// <summary>As it was set, with a mute only if it counts.</summary>
        public OwnSettings Own { get; init; } = OwnSettings.None;

        /// <summary>The newest message that is still shown: where it is not <see cref="Last"/>, among those right below.</summary>
        public LoggedMessage? LastShown { get; init; }

        /// <summary>Where the list goes on after it.</summary>
        public PageStart? Next { get; init; }

        /// <summary>The newest message; a change counts for none.</summary>
        public SeqNo Newest => Last?.SeqNo ?? SeqNo.None;

        /// <summary>What is archived and cleared is in neither list.</summary>
        public bool IsListed(bool archived)
        {
            var isArchived = Own.StaysArchived(Newest);
            return isArchived == archived && !(isArchived && Newest <= Own.ClearedUpTo && Own.ClearedUpTo > SeqNo.None);
        }

        public int MaxJsonBytes() =>
            FixedJsonBytes + Position.Conversation.Value.Length + JsonText.MaxBytes(Title) + (LastShown?.MaxJsonBytes() ?? 0)
            + (Own == OwnSettings.None ? 0 : SettingsJsonBytes + JsonText.MaxBytes(Own.Draft));
    }
}
