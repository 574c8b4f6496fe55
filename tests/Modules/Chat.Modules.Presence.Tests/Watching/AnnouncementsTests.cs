using Chat.BuildingBlocks.Ids;
using Chat.Modules.Presence.Contracts;
using Chat.Modules.Presence.Watching;
using Chat.Testing;
using Microsoft.Extensions.Options;
using static Chat.Modules.Presence.Tests.PresenceServer;

namespace Chat.Modules.Presence.Tests.Watching;

public sealed class AnnouncementsTests : IDisposable
{
    private readonly TestMeters _meters = new();
    private readonly Subscriptions _subscriptions;
    private readonly Announcements _announcements;

    public AnnouncementsTests()
    {
        var options = Options.Create(new PresenceOptions { MaxSubscriptions = 2 });
        var metrics = new PresenceMetrics(_meters);
        _subscriptions = new Subscriptions(options, metrics);
        _announcements = new Announcements(_subscriptions, options, metrics);
    }

    [Fact]
    public async Task A_user_waits_once_however_often_it_changes_and_again_once_its_turn_has_come()
    {
        Watch("alice", "bob");
        _announcements.Offer(User("alice"));
        _announcements.Offer(User("bob"));
        _announcements.Offer(User("alice"));

        await using var turns = Turns();

        Assert.Equal("alice", await NextAsync(turns));
        _announcements.Offer(User("alice"));
        Assert.Equal("bob", await NextAsync(turns));
        Assert.Equal("alice", await NextAsync(turns));
    }

    [Fact]
    public async Task Who_is_not_watched_does_not_wait()
    {
        Watch("bob");
        _announcements.Offer(User("alice"));
        _announcements.Offer(User("bob"));

        await using var turns = Turns();

        Assert.Equal("bob", await NextAsync(turns));
    }

    [Fact]
    public async Task What_comes_when_it_is_full_is_left_out_and_what_comes_later_is_not()
    {
        Watch("alice", "bob");
        _announcements.Offer(User("alice"));
        _announcements.Offer(User("bob"));
        _subscriptions.Remove(new ConnectionId(1));
        Watch("carol");

        _announcements.Offer(User("carol"));
        await using var turns = Turns();
        Assert.Equal("alice", await NextAsync(turns));
        _announcements.Offer(User("carol"));

        Assert.Equal("bob", await NextAsync(turns));
        Assert.Equal("carol", await NextAsync(turns));
    }

    public void Dispose() => _meters.Dispose();

    private IAsyncEnumerator<UserId> Turns() =>
        _announcements.ReadAllAsync(TestContext.Current.CancellationToken).GetAsyncEnumerator(TestContext.Current.CancellationToken);

    private static async Task<string> NextAsync(IAsyncEnumerator<UserId> turns)
    {
        Assert.True(await turns.MoveNextAsync());
        return turns.Current.Value;
    }

    private void Watch(params string[] users) => Assert.Null(_subscriptions.Change(
        new Subscriber(Phone("me"), new ConnectionId(1)), [], users.ToDictionary(User, _ => Visibility.Permanent), _subscriptions.Removals));
}
