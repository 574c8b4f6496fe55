using Chat.BuildingBlocks.Errors;
using Chat.BuildingBlocks.Ids;
using Chat.Modules.Presence.Contracts;
using static Chat.Modules.Presence.Tests.PresenceServer;

namespace Chat.Modules.Presence.Tests.Typing;

public sealed class TypingTests
{
    private static readonly DeviceAddress Me = Phone("me");

    [Fact]
    public async Task Typing_is_shown_with_the_members()
    {
        await using var server = await StartAsync();
        var group = server.HaveGroup("me", "mate");

        Assert.True((await server.TypeAsync(Me, group, active: true)).IsOk);

        var shown = Assert.Single(server.Shown);
        Assert.Equal((Me, group, true), (shown.From, shown.Conversation, shown.Active));
        Assert.Equal([User("me"), User("mate")], shown.Members);
    }

    [Fact]
    public async Task Who_is_not_a_member_gets_the_same_answer_whether_the_conversation_exists()
    {
        await using var server = await StartAsync();
        var others = server.HaveGroup("a", "b");

        Assert.Equal(PresenceErrors.NotAMember, (await server.TypeAsync(Me, others, true)).Error);
        Assert.Equal(PresenceErrors.NotAMember, (await server.TypeAsync(Me, ConversationId.NewGroup(), true)).Error);
        Assert.Empty(server.Shown);
    }

    [Fact]
    public async Task A_former_member_is_refused_also_when_it_repeats()
    {
        await using var server = await StartAsync();
        var group = server.HaveGroup("me", "mate");
        await server.TypeAsync(Me, group, true);
        server.RemoveMember(group, "me");

        Assert.Equal(ErrorCodes.NotAMember, (await server.TypeAsync(Me, group, true)).Error?.Code);
    }

    [Fact]
    public async Task A_repeat_is_accepted_and_shown_once_the_time_is_over()
    {
        await using var server = await StartAsync();
        var group = server.HaveGroup("me", "mate");
        await server.TypeAsync(Me, group, true);

        server.Clock.Advance(TimeSpan.FromMilliseconds(999));
        Assert.True((await server.TypeAsync(Me, group, true)).IsOk);
        Assert.Single(server.Shown);

        server.Clock.Advance(TimeSpan.FromMilliseconds(1));
        await server.TypeAsync(Me, group, true);
        Assert.Equal(2, server.Shown.Count);
    }

    [Fact]
    public async Task Another_state_another_device_and_another_conversation_are_no_repeats()
    {
        await using var server = await StartAsync();
        var group = server.HaveGroup("me", "mate");
        var second = server.HaveGroup("me", "mate");
        var laptop = new DeviceAddress(User("me"), DeviceId.Parse("laptop"));

        await server.TypeAsync(Me, group, true);
        await server.TypeAsync(Me, group, false);
        await server.TypeAsync(Me, group, true);
        await server.TypeAsync(laptop, group, true);
        await server.TypeAsync(Me, second, true);

        Assert.Equal(5, server.Shown.Count);
    }

    [Fact]
    public async Task Above_the_group_size_it_is_accepted_and_shown_to_nobody()
    {
        await using var server = await StartAsync(("TypingMaxMembers", 2));
        var group = server.HaveGroup("me", "a", "b");

        Assert.True((await server.TypeAsync(Me, group, true)).IsOk);

        Assert.Empty(server.Shown);
    }

    [Fact]
    public async Task When_too_many_states_are_remembered_the_oldest_is_forgotten()
    {
        await using var server = await StartAsync(("MaxTypingStates", 2));
        var groups = Enumerable.Range(0, 3).Select(_ => server.HaveGroup("me", "mate")).ToArray();
        foreach (var group in groups)
            await server.TypeAsync(Me, group, true);

        await server.TypeAsync(Me, groups[2], true);
        await server.TypeAsync(Me, groups[1], true);
        Assert.Equal(3, server.Shown.Count);

        await server.TypeAsync(Me, groups[0], true);
        Assert.Equal(4, server.Shown.Count);
    }
}
