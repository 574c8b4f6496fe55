using Chat.BuildingBlocks.Ids;
using Chat.Modules.Delivery.Contracts;
using Chat.Modules.Messaging.Contracts;
using Chat.Modules.Messaging.Tests.Settings;
using Microsoft.Extensions.Time.Testing;
using static Chat.Modules.Messaging.Tests.Words;

namespace Chat.Modules.Messaging.Tests.Conversations;

public abstract partial class GetConversationsHandlerTests
{
    private readonly FakeTimeProvider _clock = new(Now);
    private readonly SharedSettings _settings = new(Timeout.InfiniteTimeSpan);

    [Fact]
    public async Task A_muted_conversation_says_until_when_as_long_as_it_lasts()
    {
        Join(Team);
        await AppendAsync(AliceAndBob, Bob);
        await _settings.SaveAsync(Alice, Team, new OwnSettingsChange(Now.AddHours(1)), Ct);
        await _settings.SaveAsync(Bob, AliceAndBob, new OwnSettingsChange(Now.AddHours(1)), Ct);

        Assert.Equal([(AliceAndBob, null), (Team, Now.AddHours(1))], await MutedAsync());
        _clock.Advance(TimeSpan.FromHours(1));
        Assert.Equal([(AliceAndBob, null), (Team, null)], await MutedAsync());

        async Task<IEnumerable<(ConversationId, DateTimeOffset?)>> MutedAsync() =>
            (await GetAsync()).Conversations.Select(conversation => (conversation.Id, conversation.Own.MutedUntil)).OrderBy(one => one.Id.Value, StringComparer.Ordinal);
    }

    [Fact]
    public async Task An_archived_conversation_is_in_the_list_of_the_archived_alone_until_its_next_message()
    {
        Join(Team);
        await AppendAsync(AliceAndBob, Bob);
        await AppendAsync(AliceAndCarol, Carol);
        await ArchiveAsync(AliceAndBob, 1);
        await ArchiveAsync(Team, 0);

        Assert.Equal([AliceAndCarol], await FollowAsync(50));
        Assert.Equal([AliceAndBob, Team], await FollowAsync(50, archived: true));
        Assert.True((await GetAsync(archived: true)).Conversations[0].Own.IsArchived);

        await AppendAsync(Team, Bob);
        await AppendAsync(AliceAndBob, Alice);

        Assert.Equal([AliceAndBob, Team, AliceAndCarol], await FollowAsync(50));
        Assert.Empty(await FollowAsync(50, archived: true));
        Assert.All((await GetAsync()).Conversations, conversation => Assert.False(conversation.Own.IsArchived));
    }

    [Fact]
    public async Task A_muted_one_stays_archived_whatever_comes()
    {
        await AppendAsync(AliceAndBob, Bob);
        await ArchiveAsync(AliceAndBob, 1);
        await SetAsync(AliceAndBob, new OwnSettingsChange(Now.AddHours(1)));
        await AppendAsync(AliceAndBob, Bob);

        Assert.Empty(await FollowAsync(50));
        Assert.Equal([AliceAndBob], await FollowAsync(50, archived: true));

        _clock.Advance(TimeSpan.FromHours(1));

        Assert.Equal([AliceAndBob], await FollowAsync(50));
        Assert.Empty(await FollowAsync(50, archived: true));
    }

    [Fact]
    public async Task What_is_cleared_is_neither_shown_nor_counted_and_with_archiving_the_conversation_is_gone()
    {
        for (var n = 0; n < 3; n++)
            await AppendAsync(AliceAndBob, Bob);
        await SetAsync(AliceAndBob, new OwnSettingsChange(MutedUntil: null) { ClearedUpTo = new SeqNo(2) });
        var some = Assert.Single((await GetAsync()).Conversations);
        Assert.Equal((1, 3L, 2L), (some.UnreadCount, some.LastMessage!.SeqNo.Value, some.Own.ClearedUpTo.Value));

        await SetAsync(AliceAndBob, new OwnSettingsChange(MutedUntil: null) { ClearedUpTo = new SeqNo(3) });
        var none = Assert.Single((await GetAsync()).Conversations);
        Assert.Equal((0, null, 3L), (none.UnreadCount, none.LastMessage, none.MaxSeqNo.Value));
        Assert.Equal(0, (await CountAsync(AliceAndBob)).Conversations);

        await ArchiveAsync(AliceAndBob, 3);
        Assert.Empty(await FollowAsync(50));
        Assert.Empty(await FollowAsync(50, archived: true));

        await AppendAsync(AliceAndBob, Bob);
        var back = Assert.Single((await GetAsync()).Conversations);
        Assert.Equal((1, 4L), (back.UnreadCount, back.LastMessage!.SeqNo.Value));
    }

    [Fact]
    public async Task A_mark_lasts_until_the_user_reads_on_and_pins_and_drafts_are_listed()
    {
        await AppendAsync(AliceAndBob, Bob);
        await SetAsync(AliceAndBob, new OwnSettingsChange(MutedUntil: null) { UnreadBelow = new SeqNo(1), IsPinned = true, Draft = "well" });
        Assert.Equal((true, true, "well"), await SeenAsync());

        _cursors[AliceAndBob] = new Cursors(new SeqNo(1), new SeqNo(1));

        Assert.Equal((false, true, "well"), await SeenAsync());

        async Task<(bool, bool, string?)> SeenAsync()
        {
            var own = Assert.Single((await GetAsync()).Conversations).Own;
            return (own.IsMarkedUnread, own.IsPinned, own.Draft);
        }
    }

    [Fact]
    public async Task Drafts_count_in_the_size_of_a_page()
    {
        for (var n = 0; n < 6; n++)
        {
            await AppendAsync(ConversationId.Direct(Alice, UserId.Parse($"user{n}")), Alice);
            await SetAsync(ConversationId.Direct(Alice, UserId.Parse($"user{n}")), new OwnSettingsChange(MutedUntil: null) { Draft = new string('\u0001', 16_384) });
        }

        Assert.Single((await GetAsync(limit: 200)).Conversations);
        Assert.Equal(6, (await FollowAsync(limit: 200)).Count);
    }

    [Fact]
    public async Task Pages_read_a_bounded_part_of_what_the_user_has_archived_and_both_lists_are_complete()
    {
        var written = Enumerable.Range(0, 120).Select(n => ConversationId.Direct(Alice, UserId.Parse($"user{n}"))).ToList();
        foreach (var conversation in written)
            await AppendAsync(conversation, Alice);
        Join(Team);
        await ArchiveAsync(Team, 0);
        for (var n = 0; n < 4_000; n++)
            await ArchiveAsync(ConversationId.Direct(Alice, UserId.Parse($"user{n + 5}")), 1);
        var before = _settings.HiddenRows;

        await GetAsync(limit: 5);
        await GetAsync(limit: 5, archived: true);
        await CountAsync(AliceAndBob);

        Assert.InRange(_settings.HiddenRows - before, 1, 1_300);
        Assert.Equal(written[..5].AsEnumerable().Reverse(), await FollowAsync(5));
        Assert.Equal([.. written[5..].AsEnumerable().Reverse(), Team], await FollowAsync(5, archived: true));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(50)]
    public async Task Pages_skip_what_is_archived_and_give_every_other_once(int limit)
    {
        var all = Enumerable.Range(0, 40).Select(n => ConversationId.Direct(Alice, UserId.Parse($"user{n}"))).ToList();
        foreach (var conversation in all)
            await AppendAsync(conversation, Alice);
        // Those in the middle, and every third of the others; of these some have come back.
        var archived = all.Where((_, n) => n is > 10 and < 35 || n % 3 == 0).ToList();
        foreach (var conversation in archived)
            await ArchiveAsync(conversation, 1);
        foreach (var conversation in archived.Take(4).ToList())
        {
            await AppendAsync(conversation, Bob);
            archived.Remove(conversation);
        }

        Assert.Equal(all.Except(archived).Select(one => one.Value).Order(), (await FollowAsync(limit)).Select(one => one.Value).Order());
        Assert.Equal(archived.AsEnumerable().Reverse(), await FollowAsync(limit, archived: true));
    }

    [Fact]
    public async Task The_two_lists_hold_what_the_rules_say_whatever_happens()
    {
        for (var seed = 0; seed < 30; seed++)
        {
            var random = new Random(seed);
            var talk = ConversationId.Direct(Alice, UserId.Parse($"seed{seed}"));
            await AppendAsync(talk, Alice);
            var (head, archived, cameBack, muted, cleared) = (1, false, false, default(DateTimeOffset), 0);
            for (var step = 0; step < 25; step++)
            {
                switch (random.Next(6))
                {
                    case 0:
                        head = (int)(await AppendAsync(talk, Bob)).SeqNo.Value;
                        cameBack = true;
                        break;
                    case 1:
                        await ArchiveAsync(talk, head);
                        (archived, cameBack) = (true, false);
                        break;
                    case 2:
                        await SetAsync(talk, new OwnSettingsChange(MutedUntil: null) { ArchivedBelow = SeqNo.None });
                        archived = false;
                        break;
                    case 3:
                        muted = _clock.GetUtcNow().AddMinutes(random.Next(-1, 3));
                        await SetAsync(talk, new OwnSettingsChange(muted));
                        break;
                    case 4:
                        var upTo = random.Next(1, head + 1);
                        await SetAsync(talk, new OwnSettingsChange(MutedUntil: null) { ClearedUpTo = new SeqNo(upTo) });
                        cleared = Math.Max(cleared, upTo);
                        break;
                    default:
                        _clock.Advance(TimeSpan.FromMinutes(1));
                        break;
                }
                var isArchived = archived && (!cameBack || muted > _clock.GetUtcNow());
                Assert.Equal(!isArchived, (await FollowAsync(50)).Contains(talk));
                Assert.Equal(isArchived && cleared < head, (await FollowAsync(50, archived: true)).Contains(talk));
            }
        }
    }

    [Fact]
    public async Task A_note_to_self_is_read_at_once()
    {
        var note = ConversationId.Direct(Alice, Alice);
        await AppendAsync(note, Alice);
        await AppendAsync(note, Alice);

        var summary = Assert.Single((await GetAsync()).Conversations);

        Assert.Equal((note, 2L, 2L, 0), (summary.Id, summary.MaxSeqNo.Value, summary.ReadSeqNo.Value, summary.UnreadCount));
    }

    private Task ArchiveAsync(ConversationId conversation, int upTo) =>
        SetAsync(conversation, new OwnSettingsChange(MutedUntil: null) { ArchivedBelow = new SeqNo(upTo).Next });

    private Task SetAsync(ConversationId conversation, OwnSettingsChange change) => _settings.SaveAsync(Alice, conversation, change, Ct);
}
