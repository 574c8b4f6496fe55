using Chat.BuildingBlocks.Errors;
using Chat.BuildingBlocks.Ids;
using Chat.Modules.Delivery.Contracts;
using Chat.Modules.Groups.Contracts;
using Chat.Modules.Messaging.Contracts;
using Chat.Modules.Messaging.Log;
using Chat.Modules.Messaging.Settings;
using Chat.Modules.Messaging.Tests.Log;
using Chat.Testing;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Time.Testing;
using static Chat.Modules.Messaging.Tests.Words;

namespace Chat.Modules.Messaging.Tests.Settings;

public sealed class ChangeOwnSettingsTests : IDisposable
{
    private static readonly long Tomorrow = Now.AddDays(1).ToUnixTimeMilliseconds();

    private readonly FakeTimeProvider _clock = new(Now);
    private readonly TestMeters _meters = new();
    private readonly TemporaryLog _log = new();
    private readonly SharedSettings _store = new(Timeout.InfiniteTimeSpan);
    private readonly SettingsNode _node;
    private SeqNo _read;
    private readonly ChangeOwnSettingsHandler _handler;

    public ChangeOwnSettingsTests()
    {
        _node = new SettingsNode(_store, new FakeBus(), _meters, _clock);
        _node.Mediator.Answer<GetMembership, Membership?>(query =>
            query.Conversation.IsDirectOf(query.User) || (query.Conversation == Team && query.User == Alice) ? new Membership(SeqNo.None, SeqNo.None) : null);
        _node.Mediator.Answer<GetReadPlaces, IReadOnlyDictionary<ConversationId, SeqNo>>(_ => new Dictionary<ConversationId, SeqNo> { [Team] = _read });
        _handler = new ChangeOwnSettingsHandler(_node.Directory, _log.Log, _node.Mediator, _clock);
    }

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    public void Dispose()
    {
        _node.Dispose();
        _log.Dispose();
        _meters.Dispose();
    }

    [Fact]
    public async Task A_member_mutes_its_conversation_and_is_told_what_changed()
    {
        var answer = await ChangeAsync(Alice, Team, Tomorrow);

        Assert.Equal(new OwnSettings(Now.AddDays(1)), answer.Value);
        Assert.Equal(Now.AddDays(1), await _node.MutedUntilAsync(Alice, Team));
        Assert.Equal([new OwnSettingsChanged(Alice, Team, new OwnSettingsChange(Now.AddDays(1)))], _node.Mediator.Published);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1_000_000)]
    public async Task A_time_that_has_passed_ends_it(long time)
    {
        await ChangeAsync(Alice, Team, Tomorrow);

        Assert.Equal(OwnSettings.None, (await ChangeAsync(Alice, Team, time)).Value);
        Assert.Null(await _node.MutedUntilAsync(Alice, Team));
    }

    [Fact]
    public async Task What_is_left_out_stays_and_nobody_is_told()
    {
        await ChangeAsync(Alice, Team, Tomorrow);

        Assert.Equal(new OwnSettings(Now.AddDays(1)), (await ChangeAsync(Alice, Team, null)).Value);
        Assert.Single(_node.Mediator.Published);
    }

    [Fact]
    public async Task Who_is_no_member_changes_nothing()
    {
        Assert.Equal(ErrorCodes.NotAMember, (await ChangeAsync(Bob, Team, Tomorrow)).Error?.Code);
        Assert.Equal(ErrorCodes.NotAMember, (await ChangeAsync(Carol, AliceAndBob, Tomorrow)).Error?.Code);

        Assert.Empty(_node.Mediator.Published);
        Assert.Null(await _node.MutedUntilAsync(Bob, Team));
    }

    [Fact]
    public async Task A_direct_conversation_that_nobody_has_begun_takes_none()
    {
        Assert.Equal(ErrorCodes.Conflict, (await ChangeAsync(Alice, AliceAndBob, Tomorrow)).Error?.Code);
        Assert.Null(await _node.MutedUntilAsync(Alice, AliceAndBob));

        await _log.Log.AppendAsync(Draft(AliceAndBob, Bob, "1"), Ct);

        Assert.True((await ChangeAsync(Alice, AliceAndBob, Tomorrow)).IsOk);
    }

    [Fact]
    public async Task Nobody_is_told_of_a_change_whose_outcome_is_unknown()
    {
        _store.Fault = new StoreUnavailableException("no answer");

        await Assert.ThrowsAsync<StoreUnavailableException>(() => ChangeAsync(Alice, Team, Tomorrow));

        Assert.Empty(_node.Mediator.Published);
    }

    [Fact]
    public async Task An_archived_conversation_comes_back_with_the_next_message_unless_it_is_muted()
    {
        Assert.True((await ArchiveAsync()).IsArchived);
        await AppendAsync("1");
        Assert.False((await ChangeAsync(new(Alice.Phone(), Team, null))).Value.IsArchived);

        await ArchiveAsync();
        await ChangeAsync(Alice, Team, Tomorrow);
        await AppendAsync("2");
        Assert.True((await ChangeAsync(new(Alice.Phone(), Team, null))).Value.IsArchived);

        _clock.Advance(TimeSpan.FromDays(1));
        Assert.False((await ChangeAsync(new(Alice.Phone(), Team, null))).Value.IsArchived);

        await ArchiveAsync();
        Assert.False((await ChangeAsync(new(Alice.Phone(), Team, null) { Archived = false })).Value.IsArchived);
    }

    [Fact]
    public async Task A_change_of_a_message_brings_no_archived_conversation_back()
    {
        var message = await AppendAsync("1");
        await ArchiveAsync();
        var reaction = new MessageContent(default) { Kind = MessageKind.Reaction, Change = new MessageChange(new MessageTarget(message.Id, message.SeqNo)) { Emoji = "👍", On = true } };
        Assert.True((await _log.Log.AppendChangeAsync(new MessageDraft(Team, Alice.Phone(), "2", reaction, Now), Ct)).IsOk);

        Assert.True((await ChangeAsync(new(Alice.Phone(), Team, null))).Value.IsArchived);
    }

    [Fact]
    public async Task A_mark_as_unread_ends_when_the_user_reads_on_or_says_so()
    {
        await AppendAsync("1");
        _read = new SeqNo(1);
        Assert.True((await ChangeAsync(new(Alice.Phone(), Team, null) { MarkedUnread = true })).Value.IsMarkedUnread);
        Assert.False((await ChangeAsync(new(Alice.Phone(), Team, null) { MarkedUnread = false })).Value.IsMarkedUnread);

        await ChangeAsync(new(Alice.Phone(), Team, null) { MarkedUnread = true });
        await AppendAsync("2");
        Assert.True((await ChangeAsync(new(Alice.Phone(), Team, null))).Value.IsMarkedUnread);
        _read = new SeqNo(2);

        Assert.False((await ChangeAsync(new(Alice.Phone(), Team, null))).Value.IsMarkedUnread);
    }

    [Fact]
    public async Task The_newest_draft_counts_and_an_empty_one_ends_it()
    {
        await ChangeAsync(new(Alice.Phone(), Team, null) { Draft = "first" });
        Assert.Equal("second", (await ChangeAsync(new(Alice.Laptop(), Team, null) { Draft = "second" })).Value.Draft);

        Assert.Null((await ChangeAsync(new(Alice.Phone(), Team, null) { Draft = "" })).Value.Draft);
        Assert.Equal(["first", "second", ""], _node.Mediator.Published.Cast<OwnSettingsChanged>().Select(one => one.Change.Draft));
    }

    [Fact]
    public async Task What_was_cleared_stays_so_and_nobody_is_told_of_less()
    {
        for (var n = 1; n <= 5; n++)
            await AppendAsync($"{n}");

        Assert.Equal(4, (await ClearAsync(4)).Value.ClearedUpTo.Value);
        foreach (var less in new[] { 0, 3, 4 })
            Assert.Equal(4, (await ClearAsync(less)).Value.ClearedUpTo.Value);
        Assert.Equal(5, (await ClearAsync(5)).Value.ClearedUpTo.Value);

        Assert.Equal([4L, 5L], _node.Mediator.Published.Cast<OwnSettingsChanged>().Select(one => one.Change.ClearedUpTo?.Value));
    }

    [Fact]
    public async Task What_has_not_come_yet_is_not_cleared()
    {
        await AppendAsync("1");

        Assert.Equal(ErrorCodes.BadRequest, (await ClearAsync(2)).Error?.Code);

        Assert.Empty(_node.Mediator.Published);
    }

    [Fact]
    public async Task A_conversation_that_is_archived_and_cleared_comes_back_with_what_came_meanwhile()
    {
        await AppendAsync("1");
        await AppendAsync("2");

        var answer = (await ChangeAsync(new(Alice.Phone(), Team, null) { Archived = true, ClearedUpTo = 1 })).Value;

        Assert.Equal((false, 1L), (answer.IsArchived, answer.ClearedUpTo.Value));
    }

    [Theory]
    [InlineData(16_384, true)]
    [InlineData(16_385, false)]
    public async Task A_draft_is_as_long_as_a_text(int bytes, bool isValid)
    {
        var command = new ChangeOwnSettings(Alice.Phone(), Team, null) { Draft = new string('ü', bytes / 2) + new string('a', bytes % 2) };

        var result = await new ChangeOwnSettingsValidator(Options.Create(new MessagingOptions())).ValidateAsync(command, Ct);

        Assert.Equal(isValid, result.IsValid);
        Assert.All(result.Errors, error => Assert.Equal(ErrorCodes.TooLarge, error.CustomState));
    }

    [Theory]
    [InlineData(-1L)]
    [InlineData(SeqNo.MaxValue + 1)]
    [InlineData(long.MinValue)]
    public async Task A_place_is_a_seqNo(long place) => Assert.False(
        (await new ChangeOwnSettingsValidator(Options.Create(new MessagingOptions())).ValidateAsync(new ChangeOwnSettings(Alice.Phone(), Team, null) { ClearedUpTo = place }, Ct)).IsValid);

    [Theory]
    [InlineData(null, true)]
    [InlineData(0L, true)]
    [InlineData(ChangeOwnSettings.MaxTime, true)]
    [InlineData(-1L, false)]
    [InlineData(ChangeOwnSettings.MaxTime + 1, false)]
    [InlineData(long.MaxValue, false)]
    public async Task A_time_is_within_what_a_date_can_be(long? mutedUntil, bool isValid)
    {
        var command = new ChangeOwnSettings(Alice.Phone(), Team, mutedUntil);

        Assert.Equal(isValid, (await new ChangeOwnSettingsValidator(Options.Create(new MessagingOptions())).ValidateAsync(command, Ct)).IsValid);
        if (isValid)
            Assert.True((await _handler.Handle(command, Ct)).IsOk);
    }

    private async Task<OwnSettings> ArchiveAsync() => (await ChangeAsync(new(Alice.Phone(), Team, null) { Archived = true })).Value;

    private Task<Result<OwnSettings>> ClearAsync(long upTo) => ChangeAsync(new(Alice.Phone(), Team, null) { ClearedUpTo = upTo });

    private async Task<LoggedMessage> AppendAsync(string clientMsgId) => (await _log.Log.AppendAsync(Draft(Team, Bob, clientMsgId), Ct)).Message;

    private Task<Result<OwnSettings>> ChangeAsync(ChangeOwnSettings command) => _handler.Handle(command, Ct);

    private Task<Result<OwnSettings>> ChangeAsync(UserId user, ConversationId conversation, long? mutedUntil) =>
        _handler.Handle(new ChangeOwnSettings(user.Phone(), conversation, mutedUntil), Ct);
}
