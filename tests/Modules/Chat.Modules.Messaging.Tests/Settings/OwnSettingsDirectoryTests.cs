using Chat.BuildingBlocks.Errors;
using Chat.BuildingBlocks.Ids;
using Chat.BuildingBlocks.Nodes;
using Chat.Modules.Messaging.Contracts;
using Chat.Modules.Messaging.Settings;
using Chat.Testing;
using Microsoft.Extensions.Time.Testing;
using static Chat.Modules.Messaging.Tests.Words;

namespace Chat.Modules.Messaging.Tests.Settings;

/// <summary>What other modules are told of own settings, on two servers with one store.</summary>
public sealed class OwnSettingsDirectoryTests : IDisposable
{
    private static readonly TimeSpan MaxAge = TimeSpan.FromSeconds(5);
    private static readonly DateTimeOffset Tomorrow = Now.AddDays(1);

    private readonly FakeTimeProvider _clock = new(Now);
    private readonly TestMeters _meters = new();
    private readonly SharedSettings _store = new(MaxAge);
    private readonly FakeBus _toOther = new();
    private readonly SettingsNode _node;
    private readonly SettingsNode _other;

    public OwnSettingsDirectoryTests()
    {
        _node = new SettingsNode(_store, _toOther, _meters, _clock);
        _other = new SettingsNode(_store, new FakeBus(), _meters, _clock);
        _toOther.Connect(_other.Invalidator);
    }

    public void Dispose()
    {
        _node.Dispose();
        _other.Dispose();
        _meters.Dispose();
    }

    [Fact]
    public async Task What_was_never_set_is_not_muted_and_is_read_once()
    {
        Assert.Null(await _node.MutedUntilAsync(Alice, Team));
        Assert.Null(await _node.MutedUntilAsync(Alice, Team));

        Assert.Equal(1, _store.Reads);
    }

    [Fact]
    public async Task A_change_is_seen_at_once_here_and_by_a_server_that_hears_of_it()
    {
        Assert.Null(await _node.MutedUntilAsync(Alice, Team));
        Assert.Null(await _other.MutedUntilAsync(Alice, Team));

        await _node.MuteAsync(Alice, Team, Tomorrow);

        Assert.Equal(Tomorrow, await _node.MutedUntilAsync(Alice, Team));
        Assert.Equal(Tomorrow, await _other.MutedUntilAsync(Alice, Team));
        Assert.Null(await _other.MutedUntilAsync(Bob, Team));
    }

    [Fact]
    public async Task A_server_that_did_not_hear_of_a_change_sees_it_when_its_copy_has_reached_its_age()
    {
        _toOther.Disconnect(_other.Invalidator);
        Assert.Null(await _other.MutedUntilAsync(Alice, Team));
        await _node.MuteAsync(Alice, Team, Tomorrow);
        Assert.Null(await _other.MutedUntilAsync(Alice, Team));

        _clock.Advance(MaxAge + TimeSpan.FromTicks(1));

        Assert.Equal(Tomorrow, await _other.MutedUntilAsync(Alice, Team));
    }

    [Theory]
    [InlineData("missed")]
    [InlineData("left")]
    [InlineData("joined")]
    [InlineData("lease gained")]
    public async Task A_server_that_may_not_have_heard_of_changes_reads_again(string what)
    {
        _toOther.Disconnect(_other.Invalidator);
        Assert.Null(await _other.MutedUntilAsync(Alice, Team));
        await _node.MuteAsync(Alice, Team, Tomorrow);

        switch (what)
        {
            case "missed":
                _other.Invalidator.Missed(new NodeId(1));
                break;
            case "left":
                _other.Invalidator.Left(new NodeId(1));
                break;
            case "joined":
                _other.Invalidator.Joined(new NodeId(1));
                break;
            default:
                _other.Invalidator.LeaseGained(new NodeId(2));
                break;
        }

        Assert.Equal(Tomorrow, await _other.MutedUntilAsync(Alice, Team));
    }

    [Fact]
    public async Task A_change_whose_outcome_is_unknown_is_read_again_everywhere()
    {
        Assert.Null(await _node.MutedUntilAsync(Alice, Team));
        Assert.Null(await _other.MutedUntilAsync(Alice, Team));
        _store.Fault = new StoreUnavailableException("no answer");

        await Assert.ThrowsAsync<StoreUnavailableException>(() => _node.MuteAsync(Alice, Team, Tomorrow));

        Assert.Equal(Tomorrow, await _node.MutedUntilAsync(Alice, Team));
        Assert.Equal(Tomorrow, await _other.MutedUntilAsync(Alice, Team));
    }

    [Fact]
    public async Task What_a_user_has_cleared_is_read_once_for_all_its_conversations_and_seen_at_once_everywhere()
    {
        var ct = TestContext.Current.CancellationToken;
        foreach (var conversation in new[] { Team, AliceAndBob })
            Assert.Equal(default, await _node.Directory.FindHiddenAsync(Alice, conversation, ct));
        Assert.Equal(default, await _other.Directory.FindHiddenAsync(Alice, Team, ct));
        Assert.Equal(2, _store.HiddenReads);

        await _node.Directory.ChangeAsync(Alice, Team, new OwnSettingsChange(MutedUntil: null) { ClearedUpTo = new SeqNo(7), Draft = "hello" }, ct);

        foreach (var directory in new[] { _node.Directory, _other.Directory })
        {
            Assert.Equal(new Hidden(SeqNo.None, new SeqNo(7)), await directory.FindHiddenAsync(Alice, Team, ct));
            // Drafts are long, and nobody asks for them here.
            Assert.Equal(OwnSettings.None with { ClearedUpTo = new SeqNo(7) }, await directory.FindAsync(Alice, Team, ct));
        }
    }

    [Fact]
    public async Task What_a_user_with_very_much_archived_has_cleared_costs_the_conversations_that_are_asked_for()
    {
        var ct = TestContext.Current.CancellationToken;
        for (var n = 0; n < 5_000; n++)
            await _store.SaveAsync(Alice, ConversationId.Direct(Alice, UserId.Parse($"user{n}")), new OwnSettingsChange(MutedUntil: null) { ArchivedBelow = new SeqNo(1) }, ct);

        for (var n = 1; n <= 3; n++)
        {
            await _node.Directory.ChangeAsync(Alice, Team, new OwnSettingsChange(MutedUntil: null) { ClearedUpTo = new SeqNo(n) }, ct);
            foreach (var directory in new[] { _node.Directory, _other.Directory })
            {
                Assert.Equal(new Hidden(SeqNo.None, new SeqNo(n)), await directory.FindHiddenAsync(Alice, Team, ct));
                Assert.Equal(default, await directory.FindHiddenAsync(Alice, AliceAndBob, ct));
                Assert.Equal(new SeqNo(n), (await directory.ReadAsync(Alice, Team, ct)).ClearedUpTo);
            }
        }

        Assert.InRange(_store.HiddenRows, 1, 2_100);
    }

    [Fact]
    public async Task A_mute_is_over_at_its_time_also_in_memory()
    {
        await _node.MuteAsync(Alice, Team, Now.AddSeconds(2));
        Assert.Equal(Now.AddSeconds(2), await _node.MutedUntilAsync(Alice, Team));

        _clock.Advance(TimeSpan.FromSeconds(2));

        Assert.Null(await _node.MutedUntilAsync(Alice, Team));
        Assert.Equal(1, _store.Reads);
    }

    [Fact]
    public async Task No_more_is_kept_than_may_be()
    {
        using var node = new SettingsNode(_store, _toOther, _meters, _clock, cached: 2);
        foreach (var user in new[] { Alice, Bob, Carol })
            await node.MutedUntilAsync(user, Team);

        await node.MutedUntilAsync(Alice, Team);
        await node.MutedUntilAsync(Carol, Team);

        Assert.Equal(4, _store.Reads);
    }
}
