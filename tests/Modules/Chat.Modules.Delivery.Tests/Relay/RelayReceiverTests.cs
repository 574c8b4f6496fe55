using Chat.BuildingBlocks.Errors;
using Chat.BuildingBlocks.Ids;
using Chat.BuildingBlocks.Nodes;
using Chat.Modules.Delivery.Relay;
using Chat.Modules.Groups.Contracts;
using Chat.Testing;

namespace Chat.Modules.Delivery.Tests.Relay;

/// <summary>What other nodes have told, while members cannot be read.</summary>
public sealed class RelayReceiverTests : IAsyncLifetime
{
    private static readonly DeviceAddress Alice = World.Device("alice");
    private static readonly DeviceAddress Bob = World.Device("bob");
    private static readonly ConversationId Talk = World.Direct("alice", "bob");
    private static readonly ConversationId Other = World.Direct("alice", "carol");

    private readonly ManualResetEventSlim _members = new();
    private readonly World _world = new();

    public async ValueTask InitializeAsync()
    {
        await _world.Redrains.StartAsync(TestContext.Current.CancellationToken);
        await _world.RelayReceiver.StartAsync(TestContext.Current.CancellationToken);
    }

    public ValueTask DisposeAsync()
    {
        _members.Set();
        _world.Dispose();
        _members.Dispose();
        return default;
    }

    [Fact]
    public async Task A_conversation_whose_members_are_long_in_coming_holds_up_no_other()
    {
        var client = await _world.ConnectedAsync(Bob);
        await HoldUpAsync();

        await AdvanceAsync(Talk, _world.Append(Talk, Alice).Message.SeqNo);

        await Wait.UntilAsync(() => client.SeqNos.Length > 0, "the message");
    }

    [Fact]
    public async Task One_whose_members_could_not_be_read_is_tried_again()
    {
        var client = await _world.ConnectedAsync(Bob);
        _world.FailNext<GetMembers>();

        await AdvanceAsync(Talk, _world.Append(Talk, Alice).Message.SeqNo);

        await Wait.UntilAsync(
            () =>
            {
                _world.Clock.Advance(TimeSpan.FromMilliseconds(100));
                return client.SeqNos.Length > 0;
            }, "the message");
    }

    [Fact]
    public async Task Of_more_than_can_be_remembered_all_connections_look_for_themselves()
    {
        var client = await _world.ConnectedAsync(Bob);
        _world.Append(Talk, Alice);
        for (var n = 0; n < RelayReceiver.AtOnce; n++)
            await HoldUpAsync();

        // Those that are being worked off are remembered as well.
        for (var n = 0; n <= 2 * RelayReceiver.MaxRemembered; n++)
            await AdvanceAsync(ConversationId.Parse($"g:{n:x32}"), new SeqNo(1));

        await Wait.UntilAsync(() => client.SeqNos.Length > 0, "the message");
    }

    private async Task HoldUpAsync()
    {
        var isHeldUp = new TaskCompletionSource();
        _world.MeanwhileOf<GetMembers>(() =>
        {
            isHeldUp.SetResult();
            _members.Wait();
            throw new StoreUnavailableException("Away.");
        });
        await AdvanceAsync(Other, new SeqNo(1));
        await isHeldUp.Task.WaitAsync(TimeSpan.FromMinutes(2), TestContext.Current.CancellationToken);
    }

    private async Task AdvanceAsync(ConversationId conversation, SeqNo head)
    {
        var writer = RelayWriter.Begin(RelayKind.Advance);
        writer.Write(conversation);
        writer.Write(head.Value);
        await _world.RelayReceiver.ReceiveAsync(NodeId.New(), writer.Written, TestContext.Current.CancellationToken);
    }
}
