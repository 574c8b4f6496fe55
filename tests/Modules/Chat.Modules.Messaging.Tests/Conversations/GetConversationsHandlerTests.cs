using Chat.BuildingBlocks.Errors;
using Chat.BuildingBlocks.Ids;
using Chat.BuildingBlocks.Mediation;
using Chat.Modules.Delivery.Contracts;
using Chat.Modules.Groups.Contracts;
using Chat.Modules.Messaging.Contracts;
using Chat.Modules.Messaging.Conversations;
using Chat.Modules.Messaging.Inbox;
using Chat.Modules.Messaging.Log.Embedded;
using Chat.Modules.Messaging.Tests.Inbox;
using Chat.Modules.Messaging.Tests.Log;
using Chat.Testing;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Time.Testing;
using static Chat.Modules.Messaging.Tests.Words;

namespace Chat.Modules.Messaging.Tests.Conversations;

/// <summary>The list, from the inbox that is kept and from one that reads the log.</summary>
public abstract partial class GetConversationsHandlerTests : IDisposable
{
    private const int MaxPageBytes = 128 * 1024;

    private static readonly ConversationId AliceAndCarol = ConversationId.Direct(Alice, Carol);

    private readonly TemporaryLog _log = new();
    private readonly FakeMediator _mediator = new();
    private readonly TestMeters _meters = new();
    private readonly List<JoinedGroup> _groups = [];
    private readonly Dictionary<ConversationId, Cursors> _cursors = [];
    private readonly IInbox _inbox;
    private readonly GetConversationsHandler _handler;
    private int _sent;

    private protected GetConversationsHandlerTests(Func<RocksMessageLog, IInbox> open)
    {
        _inbox = open(_log.Log);
        _mediator
            .Answer<GetGroupsOf, IReadOnlyList<JoinedGroup>>(query => query.User == Alice ? _groups : [])
            .Answer<GetCursors, IReadOnlyDictionary<ConversationId, Cursors>>(query => query.Device == Alice.Phone() ? _cursors : new Dictionary<ConversationId, Cursors>());
        _handler = NewHandler(new RateLimitOptions { Enabled = false });
    }

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    public void Dispose()
    {
        (_inbox as IDisposable)?.Dispose();
        _log.Dispose();
        _meters.Dispose();
        GC.SuppressFinalize(this);
    }

    [Fact]
    public async Task Nobody_begins_with_a_conversation()
    {
        var page = await GetAsync();

        Assert.Empty(page.Conversations);
        Assert.Null(page.Next);
        Assert.Equal(_log.Log.Epoch, page.Epoch);
    }

    [Fact]
    public async Task What_comes_while_the_list_is_made_is_neither_shown_nor_counted()
    {
        await AppendAsync(AliceAndBob, Bob, Now);
        _mediator.Answer<GetCursors, IReadOnlyDictionary<ConversationId, Cursors>>(_ =>
        {
            AppendAsync(AliceAndBob, Bob, Now).GetAwaiter().GetResult();
            return _cursors;
        });

        var conversation = Assert.Single((await GetAsync()).Conversations);

        Assert.Equal((1, 1), ((int)conversation.MaxSeqNo.Value, conversation.UnreadCount));
    }

    [Fact]
    public async Task The_newest_activity_comes_first_and_a_silent_group_counts_from_its_making()
    {
        Join(Team, createdAt: Now.AddMinutes(2));
        var silent = Join(ConversationId.NewGroup(), createdAt: Now.AddMinutes(4));
        await AppendAsync(AliceAndBob, Bob, Now.AddMinutes(1));
        await AppendAsync(AliceAndCarol, Alice, Now.AddMinutes(3));
        await AppendAsync(Team, Bob, Now.AddMinutes(5));

        var page = await GetAsync();

        Assert.Equal([Team, silent, AliceAndCarol, AliceAndBob], page.Conversations.Select(conversation => conversation.Id));
    }

    [Fact]
    public async Task A_summary_has_the_title_the_head_the_cursors_and_the_last_message()
    {
        Join(Team, title: "Friends");
        _cursors[Team] = new Cursors(Delivered: new SeqNo(3), Read: new SeqNo(2));
        for (var n = 0; n < 4; n++)
            await AppendAsync(Team, Bob);
        var last = await AppendAsync(Team, Alice);

        var summary = Assert.Single((await GetAsync()).Conversations);

        Assert.Equal(new ConversationSummary(Team, "Friends", new SeqNo(5), new SeqNo(3), new SeqNo(2), UnreadCount: 2, UnreadCapped: false, last, OwnSettings.None), summary);
    }

    [Fact]
    public async Task A_direct_conversation_has_no_title_and_no_cursors_before_the_first_ack()
    {
        var last = await AppendAsync(AliceAndBob, Bob);

        var summary = Assert.Single((await GetAsync()).Conversations);

        Assert.Equal(new ConversationSummary(AliceAndBob, null, new SeqNo(1), SeqNo.None, SeqNo.None, 1, false, last, OwnSettings.None), summary);
    }

    [Theory]
    [InlineData(0, 0, false)]
    [InlineData(1, 1, false)]
    [InlineData(99, 99, false)]
    [InlineData(100, 100, false)]
    [InlineData(101, 100, true)]
    [InlineData(150, 100, true)]
    public async Task Unread_is_counted_up_to_a_hundred(int others, int unread, bool capped)
    {
        _cursors[AliceAndBob] = new Cursors(new SeqNo(1), new SeqNo(1));
        await AppendAsync(AliceAndBob, Bob);
        await AppendManyAsync(AliceAndBob, Bob, others);

        var summary = Assert.Single((await GetAsync()).Conversations);

        Assert.Equal((unread, capped), (summary.UnreadCount, summary.UnreadCapped));
    }

    [Theory]
    [InlineData(150)]
    [InlineData(500)]
    [InlineData(9_998)]
    public async Task Own_messages_are_not_unread_however_many_lie_between(int own)
    {
        await AppendAsync(AliceAndBob, Bob);
        await AppendManyAsync(AliceAndBob, Alice, own);
        await AppendAsync(AliceAndBob, Bob);

        var summary = Assert.Single((await GetAsync()).Conversations);

        Assert.Equal((2, false), (summary.UnreadCount, summary.UnreadCapped));
    }

    [Fact]
    public async Task A_member_s_cursors_begin_where_it_joined()
    {
        await AppendManyAsync(Team, Bob, 5);
        Join(Team, membership: new Membership(JoinedAt: new SeqNo(3), VisibleAfter: SeqNo.None));

        var summary = Assert.Single((await GetAsync()).Conversations);

        Assert.Equal((3L, 3L, 2), (summary.DeliveredSeqNo.Value, summary.ReadSeqNo.Value, summary.UnreadCount));
    }

    [Fact]
    public async Task A_last_message_that_was_erased_is_not_shown_and_moves_nothing()
    {
        await AppendManyAsync(Team, Bob, 5);
        Join(Team);
        await _log.Log.EraseContentAsync(Team, new SeqNo(5), Ct);

        var summary = Assert.Single((await GetAsync()).Conversations);

        Assert.Equal((null, 5L), ((LoggedMessage?)summary.LastMessage, summary.MaxSeqNo.Value));
    }

    [Fact]
    public async Task A_last_message_from_before_the_joining_is_not_shown()
    {
        await AppendManyAsync(Team, Bob, 5);
        Join(Team, membership: new Membership(JoinedAt: new SeqNo(5), VisibleAfter: new SeqNo(5)));

        var before = Assert.Single((await GetAsync()).Conversations);
        var next = await AppendAsync(Team, Bob);
        var after = Assert.Single((await GetAsync()).Conversations);

        Assert.Equal((null, 5L, 0), ((LoggedMessage?)before.LastMessage, before.MaxSeqNo.Value, before.UnreadCount));
        Assert.Equal((next, 6L, 1), (after.LastMessage, after.MaxSeqNo.Value, after.UnreadCount));
    }

    [Fact]
    public async Task What_is_written_after_the_clock_was_set_back_comes_first()
    {
        await AppendAsync(AliceAndBob, Bob, Now.AddHours(1));
        await AppendAsync(AliceAndCarol, Carol, Now);
        Assert.Equal([AliceAndCarol, AliceAndBob], await FollowAsync(limit: 50));

        await AppendAsync(AliceAndBob, Bob, Now);
        Assert.Equal([AliceAndBob, AliceAndCarol], await FollowAsync(limit: 50));
    }

    [Fact]
    public async Task A_group_made_while_the_clock_was_ahead_does_not_stay_first()
    {
        Join(Team, createdAt: Now.AddHours(1));
        await new RaiseOnGroupCreated(_log.Activity, new FakeTimeProvider(Now.AddHours(1))).Handle(new GroupCreated(Team, Alice, [Alice]), Ct);
        await AppendAsync(AliceAndBob, Bob, Now);

        Assert.Equal([AliceAndBob, Team], await FollowAsync(limit: 50));
    }

    [Fact]
    public async Task Pages_of_groups_of_the_same_moment_give_each_once()
    {
        var all = Enumerable.Range(1, 7).Select(n => Join(ConversationId.Parse($"g:{n:d32}"))).ToList();

        Assert.Equal(all, await FollowAsync(limit: 3));
        Assert.Equal(all, await FollowAsync(limit: 1));
        Assert.Equal(all, await FollowAsync(limit: 7));
    }

    [Fact]
    public async Task Pages_of_conversations_written_to_at_the_same_moment_give_each_once()
    {
        var all = new List<ConversationId>();
        for (var n = 0; n < 7; n++)
        {
            all.Insert(0, ConversationId.Direct(Alice, UserId.Parse($"user{n}")));
            await AppendAsync(all[0], Alice);
        }
        Assert.Equal(all, await FollowAsync(limit: 3));
        Assert.Equal(all, await FollowAsync(limit: 1));
        Assert.Equal(all, await FollowAsync(limit: 7));
    }

    [Fact]
    public async Task A_page_ends_at_its_size_in_bytes_and_has_one_conversation_at_least()
    {
        var all = new List<ConversationId>();
        for (var n = 0; n < 6; n++)
        {
            all.Add(ConversationId.Direct(Alice, UserId.Parse($"user{n}")));
            await AppendAsync(all[^1], Alice, text: new string(n < 3 ? 'a' : '\u0001', 16_384));
        }

        Assert.Single((await GetAsync(limit: 200)).Conversations);
        Assert.Equal(Enumerable.Reverse(all), await FollowAsync(limit: 200));
    }

    [Fact]
    public async Task What_moves_up_while_the_pages_are_read_comes_at_their_end()
    {
        for (var n = 1; n <= 4; n++)
            await AppendAsync(ConversationId.Direct(Alice, UserId.Parse($"user{n}")), Alice, Now.AddMinutes(n));
        var first = await GetAsync(limit: 2);
        await AppendAsync(ConversationId.Direct(Alice, UserId.Parse("user1")), Alice, Now.AddMinutes(9));

        var second = await GetAsync(limit: 2, cursor: first.Next);

        Assert.Equal(["dm:alice:user4", "dm:alice:user3"], first.Conversations.Select(conversation => conversation.Id.Value));
        Assert.Equal(["dm:alice:user2", "dm:alice:user1"], second.Conversations.Select(conversation => conversation.Id.Value));
        Assert.Null(second.Next);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public async Task Pages_hold_every_conversation_whatever_moves_while_they_are_read(int limit)
    {
        var all = Enumerable.Range(0, 8).Select(n => ConversationId.Direct(Alice, UserId.Parse($"user{n}"))).ToList();
        for (var seed = 0; seed < 20; seed++)
        {
            var random = new Random(seed);
            foreach (var conversation in random.GetItems(all.ToArray(), 20).Concat(all))
                await AppendAsync(conversation, Alice);

            // Several move between two pages, and while one is read: after its conversations were looked at, before its cursors are.
            var moves = 12;
            _mediator.Answer<GetCursors, IReadOnlyDictionary<ConversationId, Cursors>>(_ =>
            {
                for (var n = random.Next(3); n > 0 && moves > 0; n--, moves--)
                    AppendAsync(all[random.Next(all.Count)], Bob, Now.AddSeconds(random.Next(-60, 60))).GetAwaiter().GetResult();
                return _cursors;
            });

            Assert.Empty(all.Except(await FollowAsync(limit)));
        }
    }

    [Fact]
    public async Task More_than_200_is_clamped()
    {
        await Task.WhenAll(Enumerable.Range(0, 201).Select(n => AppendAsync(ConversationId.Direct(Alice, UserId.Parse($"user{n}")), Alice)));

        var page = await GetAsync(limit: int.MaxValue);

        Assert.Equal(200, page.Conversations.Count);
        Assert.Single((await GetAsync(cursor: page.Next)).Conversations);
    }

    [Theory]
    [InlineData(0, null)]
    [InlineData(-1, null)]
    [InlineData(50, "")]
    [InlineData(50, "x")]
    [InlineData(50, "~dm:a:b")]
    [InlineData(50, "1~dm:a:b")]
    [InlineData(50, "-1~1~dm:a:b")]
    [InlineData(50, "1~-1~dm:a:b")]
    [InlineData(50, "1~down~dm:a:b")]
    [InlineData(50, "1~1~")]
    [InlineData(50, "1~1~dm:b:a")]
    [InlineData(50, "99999999999999999999999~up~dm:a:b")]
    public async Task A_page_that_cannot_be_is_refused(int limit, string? cursor) =>
        Assert.Equal(ErrorCodes.BadRequest, (await _handler.Handle(new GetConversations(Alice.Phone(), limit, cursor), Ct)).Error?.Code);

    [Fact]
    public async Task A_user_reads_so_many_lists_a_minute_from_all_its_devices()
    {
        var handler = NewHandler(new RateLimitOptions { ListsPerMinute = 2 });

        Assert.True((await handler.Handle(new GetConversations(Alice.Phone(), 1, null), Ct)).IsOk);
        Assert.True((await handler.Handle(new GetConversations(Alice.Laptop(), 1, null), Ct)).IsOk);
        var refused = (await handler.Handle(new GetConversations(Alice.Phone(), 1, null), Ct)).Error;

        Assert.Equal((ErrorCodes.RateLimited, TimeSpan.FromSeconds(30)), (refused?.Code, refused?.RetryAfter));
        Assert.True((await handler.Handle(new GetConversations(Bob.Phone(), 1, null), Ct)).IsOk);
    }

    [Fact]
    public async Task A_device_reads_one_list_at_a_time()
    {
        Error? second = null, others = null;
        _mediator.Answer<GetGroupsOf, IReadOnlyList<JoinedGroup>>(_ =>
        {
            _mediator.Answer<GetGroupsOf, IReadOnlyList<JoinedGroup>>(_ => []);
            second = _handler.Handle(new GetConversations(Alice.Phone(), 1, null), Ct).GetAwaiter().GetResult().Error;
            others = _handler.Handle(new GetConversations(Alice.Laptop(), 1, null), Ct).GetAwaiter().GetResult().Error;
            throw new InvalidOperationException("The first fails, and is over.");
        });

        await Assert.ThrowsAsync<InvalidOperationException>(() => _handler.Handle(new GetConversations(Alice.Phone(), 1, null), Ct));

        Assert.Equal((MessagingErrors.ListUnderWay, null), (second, others));
        Assert.Empty((await GetAsync()).Conversations);
    }

    private GetConversationsHandler NewHandler(RateLimitOptions rates) =>
        new(
            _log.Log, _inbox, _settings, new MentionCounter(_log.Log), _mediator, new ListGate(new UserRates(Options.Create(rates), _meters, new FakeTimeProvider())),
            Options.Create(new MessagingOptions { MaxPageBytes = MaxPageBytes }), _clock);

    private async Task<ConversationPage> GetAsync(int limit = 50, string? cursor = null, bool archived = false) =>
        (await _handler.Handle(new GetConversations(Alice.Phone(), limit, cursor) { Archived = archived }, Ct)).Value;

    private async Task<List<ConversationId>> FollowAsync(int limit, bool archived = false)
    {
        var found = new List<ConversationId>();
        ConversationPage page;
        string? cursor = null;
        do
        {
            page = await GetAsync(limit, cursor, archived);
            found.AddRange(page.Conversations.Select(conversation => conversation.Id));
            cursor = page.Next;
        }
        while (cursor is not null);
        return found;
    }

    private ConversationId Join(
        ConversationId group, string title = "Title", Membership? membership = null, DateTimeOffset? createdAt = null)
    {
        _groups.Add(new JoinedGroup(group, title, MemberCount: 2, membership ?? new Membership(SeqNo.None, SeqNo.None), createdAt ?? Now));
        return group;
    }

    private async Task<LoggedMessage> AppendAsync(ConversationId conversation, UserId sender, DateTimeOffset? at = null, string text = "hello") =>
        (await _log.Log.AppendAsync(Draft(conversation, sender, $"{Interlocked.Increment(ref _sent)}", text) with { Now = at ?? Now }, Ct)).Message;

    private async Task<LoggedMessage> TellAsync(ConversationId conversation, UserId sender) => (await _log.Log.AppendAsync(
        Draft(conversation, sender, $"{Interlocked.Increment(ref _sent)}") with
        {
            Content = new MessageContent(default) { Kind = MessageKind.Notice, Notice = new ConversationNotice(ConversationNotice.Left) { User = sender } },
        }, Ct)).Message;

    private async Task AppendManyAsync(ConversationId conversation, UserId sender, int count) =>
        await Task.WhenAll(Enumerable.Range(0, count).Select(_ => AppendAsync(conversation, sender)));
}

public sealed class GetConversationsFromInboxTests() : GetConversationsHandlerTests(RocksInboxes.Open);

public sealed class GetConversationsFromLogTests() : GetConversationsHandlerTests(log => new LogInbox(log));
