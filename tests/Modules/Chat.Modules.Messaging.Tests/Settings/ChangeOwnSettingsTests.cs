using Chat.BuildingBlocks.Errors;
using Chat.BuildingBlocks.Ids;
using Chat.Modules.Groups.Contracts;
using Chat.Modules.Messaging.Contracts;
using Chat.Modules.Messaging.Settings;
using Chat.Modules.Messaging.Tests.Log;
using Chat.Testing;
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
    private readonly ChangeOwnSettingsHandler _handler;

    public ChangeOwnSettingsTests()
    {
        _node = new SettingsNode(_store, new FakeBus(), _meters, _clock);
        _node.Mediator.Answer<GetMembership, Membership?>(query =>
            query.Conversation.IsDirectOf(query.User) || (query.Conversation == Team && query.User == Alice) ? new Membership(SeqNo.None, SeqNo.None) : null);
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

        Assert.Equal(isValid, (await new ChangeOwnSettingsValidator().ValidateAsync(command, Ct)).IsValid);
        if (isValid)
            Assert.True((await _handler.Handle(command, Ct)).IsOk);
    }

    private Task<Result<OwnSettings>> ChangeAsync(UserId user, ConversationId conversation, long? mutedUntil) =>
        _handler.Handle(new ChangeOwnSettings(user.Phone(), conversation, mutedUntil), Ct);
}
