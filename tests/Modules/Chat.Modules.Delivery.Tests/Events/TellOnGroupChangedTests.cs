using Chat.Modules.Delivery.Contracts;
using Chat.Modules.Delivery.Events;
using Chat.Modules.Groups.Contracts;

namespace Chat.Modules.Delivery.Tests.Events;

public sealed class TellOnGroupChangedTests : IDisposable
{
    private readonly World _world = new(new DeliveryOptions { PushThreshold = 3 });
    private readonly TellOnGroupChanged _telling;

    public TellOnGroupChangedTests() => _telling = new TellOnGroupChanged(_world.Receivers, _world.Mediator, _world.Options);

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Members_are_told_what_changed()
    {
        var group = _world.Group("alice", "bob");
        var (alice, bob) = (await _world.ConnectedAsync(World.Device("alice")), await _world.ConnectedAsync(World.Device("bob")));

        await _telling.Handle(new GroupCreated(group, alice.Device.User, _world.Members(group)), Ct);
        await _telling.Handle(new TitleChanged(group, "new"), Ct);
        await _telling.Handle(new MembersAdded(group, [bob.Device.User]), Ct);
        await _telling.Handle(new RoleChanged(group, bob.Device.User, GroupRole.Admin), Ct);
        await _world.SettleAsync();

        foreach (var client in new[] { alice, bob })
        {
            Assert.Equal(
                [ConversationChange.Created, ConversationChange.TitleChanged, ConversationChange.MemberAdded, ConversationChange.RoleChanged],
                client.Events.OfType<ConversationEvent>().Select(item => item.Change));
        }
    }

    [Fact]
    public async Task A_member_who_was_removed_is_told_and_gets_nothing_more()
    {
        var group = _world.Group("alice", "bob");
        var (alice, bob) = (await _world.ConnectedAsync(World.Device("alice")), await _world.ConnectedAsync(World.Device("bob")));
        _world.Say(group, alice.Device);
        await _world.SettleAsync();

        _world.Leave(group, "bob");
        await _telling.Handle(new MemberRemoved(group, bob.Device.User), Ct);
        _world.Say(group, alice.Device);
        await _world.SettleAsync();

        Assert.All([alice, bob], client => Assert.Equal(
            (ConversationChange.MemberRemoved, bob.Device.User), client.Events.OfType<ConversationEvent>().Select(item => (item.Change, item.User!.Value)).Single()));
        Assert.Equal([1], bob.SeqNos);
    }

    [Fact]
    public async Task In_a_large_group_only_those_are_told_whom_it_is_about()
    {
        var group = _world.Group("alice", "bob", "carol", "dave");
        var (alice, bob) = (await _world.ConnectedAsync(World.Device("alice")), await _world.ConnectedAsync(World.Device("bob")));

        await _telling.Handle(new MembersAdded(group, [bob.Device.User]), Ct);
        await _telling.Handle(new MemberRemoved(group, bob.Device.User), Ct);
        await _world.SettleAsync();

        Assert.Empty(alice.Events.OfType<ConversationEvent>());
        Assert.Equal([ConversationChange.MemberAdded, ConversationChange.MemberRemoved], bob.Events.OfType<ConversationEvent>().Select(item => item.Change));
    }

    public void Dispose() => _world.Dispose();
}
