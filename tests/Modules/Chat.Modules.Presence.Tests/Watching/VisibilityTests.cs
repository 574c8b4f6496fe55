using Chat.BuildingBlocks.Ids;
using Chat.Modules.Groups.Contracts;
using Chat.Modules.Presence.Watching;
using Chat.Testing;
using static Chat.Modules.Presence.Tests.PresenceServer;

namespace Chat.Modules.Presence.Tests.Watching;

public sealed class VisibilityTests
{
    private static readonly DeviceAddress Me = Phone("me");

    [Theory]
    [InlineData("me")]
    [InlineData("mate")]
    public async Task Whoever_of_two_group_mates_is_removed_the_other_is_not_told_any_more(string removed)
    {
        await using var server = await StartAsync();
        var group = server.HaveGroup("me", "mate");
        await server.SubscribeAsync(Me, server.Connect(Me), ["mate"]);

        server.RemoveMember(group, removed);
        server.Connect(Phone("mate"));

        await server.AnnouncedAllAsync();
        Assert.Empty(server.AnnouncedOf("mate"));
        Assert.False(server.Get<Subscriptions>().IsWatched(User("mate")));
    }

    [Fact]
    public async Task A_watcher_who_is_removed_before_its_connection_is_known_is_not_told()
    {
        await using var server = await StartAsync();
        var group = server.HaveGroup("me", "mate");
        await server.SubscribeAsync(Me, new ConnectionId(1), ["mate"]);

        server.RemoveMember(group, "me");
        server.Connect(Me);
        server.Connect(Phone("mate"));

        await server.AnnouncedAllAsync();
        Assert.Empty(server.AnnouncedOf("mate"));
    }

    [Fact]
    public async Task A_second_common_group_keeps_the_sight()
    {
        await using var server = await StartAsync();
        var group = server.HaveGroup("me", "mate");
        server.HaveGroup("me", "mate");
        await server.SubscribeAsync(Me, server.Connect(Me), ["mate"]);

        server.RemoveMember(group, "mate");
        server.Connect(Phone("mate"));

        await server.AnnouncedAllAsync();
        Assert.Single(server.AnnouncedOf("mate"));
    }

    [Fact]
    public async Task A_direct_conversation_keeps_the_sight()
    {
        await using var server = await StartAsync();
        var group = server.HaveGroup("me", "mate");
        server.HaveDirectConversation("me", "mate");
        await server.SubscribeAsync(Me, server.Connect(Me), ["mate"]);

        server.RemoveMember(group, "mate");
        server.Connect(Phone("mate"));

        await server.AnnouncedAllAsync();
        Assert.Single(server.AnnouncedOf("mate"));
    }

    [Fact]
    public async Task The_check_is_made_once_a_removal_and_not_once_an_announcement()
    {
        await using var server = await StartAsync();
        var group = server.HaveGroup("me", "mate", "third");
        server.HaveGroup("me", "mate");
        await server.SubscribeAsync(Me, server.Connect(Me), ["mate"]);
        await ComeAndGoAsync(server);
        Assert.Equal(1, server.GroupChecks);

        server.RemoveMember(group, "third");
        await ComeAndGoAsync(server);
        Assert.Equal(1, server.GroupChecks);

        server.RemoveMember(group, "mate");
        await ComeAndGoAsync(server);
        Assert.Equal(2, server.GroupChecks);
    }

    [Fact]
    public async Task A_removal_while_the_sight_is_being_checked_makes_that_check_worthless()
    {
        await using var server = await StartAsync();
        var group = server.HaveGroup("me", "mate");
        var connection = server.Connect(Me);
        server.Others.Answer<FindUsersSharingGroup, IReadOnlyCollection<UserId>>(query =>
        {
            List<UserId> together = [.. server.Groups[group].Where(query.Others.Contains)];
            if (together.Count > 0)
                server.RemoveMember(group, "mate");
            return together;
        });
        await server.SubscribeAsync(Me, connection, ["mate"]);

        server.Connect(Phone("mate"));

        await server.AnnouncedAllAsync();
        Assert.Empty(server.AnnouncedOf("mate"));
    }

    [Fact]
    public async Task A_check_that_fails_costs_one_announcement_and_not_the_worker()
    {
        await using var server = await StartAsync();
        var group = server.HaveGroup("me", "mate");
        await server.SubscribeAsync(Me, server.Connect(Me), ["mate"]);
        server.RemoveMember(group, "mate");
        server.Others.Answer<HaveSharedGroup, bool>(_ => throw new InvalidOperationException("The test says so."));
        server.Connect(Phone("mate"));

        await server.AnnouncedAllAsync();

        Assert.Empty(server.AnnouncedOf("mate"));
        Assert.True(server.Get<Subscriptions>().IsWatched(User("mate")));
    }

    private static async Task ComeAndGoAsync(PresenceServer server)
    {
        var before = server.AnnouncedOf("mate").Count;
        var connection = server.Connect(Phone("mate"));
        await Wait.UntilAsync(() => server.AnnouncedOf("mate").Count == before + 1, "mate is announced");
        server.Disconnect(Phone("mate"), connection);
        server.Clock.Advance(TimeSpan.FromSeconds(2));
        await Wait.UntilAsync(() => server.AnnouncedOf("mate").Count == before + 2, "mate is announced");
    }
}
