using Chat.BuildingBlocks.Ids;

namespace Chat.Modules.Delivery.Tests.Connections;

/// <summary>What is looked at when a device connects.</summary>
public sealed class DeviceStartsTests : IDisposable
{
    private const int Many = 100;

    private static readonly DeviceAddress Bob = World.Device("bob");

    private readonly World _world = new();

    public void Dispose() => _world.Dispose();

    [Fact]
    public async Task A_device_that_has_everything_is_looked_for_what_came_since()
    {
        var before = await AckedAsync(Many);

        Assert.Empty(await StartsAsync());
        Assert.Null(_world.AskedSince);
        Append(3);
        Append(5);

        Assert.Equal([DirectWith(3), DirectWith(5)], await StartsAsync());
        Assert.Equal(before, _world.AskedSince);
    }

    [Fact]
    public async Task What_waits_is_found_each_time_until_it_is_acked()
    {
        await AckedAsync(Many);
        var waits = Append(3);
        for (var n = 10; n < 10 + Many - 20; n++)
            await _world.AckAsync(Bob, DirectWith(n), Append(n));

        for (var times = 0; times < 3; times++)
            Assert.Equal([DirectWith(3)], await StartsAsync());

        await _world.AckAsync(Bob, DirectWith(3), waits);
        Assert.Empty(await StartsAsync());
    }

    [Fact]
    public async Task A_later_device_begins_with_what_comes_after_it()
    {
        await AckedAsync(Many);
        var laptop = World.Device("bob", "laptop");

        Assert.Empty(await StartsAsync(laptop));
        Append(7);

        Assert.Equal([DirectWith(7)], await StartsAsync(laptop));
        Assert.Equal(Many, _world.AskedSince);
    }

    [Fact]
    public async Task A_device_that_was_forgotten_begins_anew()
    {
        await AckedAsync(Many);
        await StartsAsync();
        await _world.Store.RemoveDeviceAsync(Bob, TestContext.Current.CancellationToken);
        _world.CursorTable.Forget(Bob);

        await StartsAsync();

        Assert.Null(_world.AskedSince);
    }

    // A device that is known and has acked a message in each of many conversations.
    private async Task<long> AckedAsync(int conversations)
    {
        await StartsAsync();
        for (var n = 0; n < conversations; n++)
            await _world.AckAsync(Bob, DirectWith(n), Append(n));
        return conversations;
    }

    private static ConversationId DirectWith(int n) => World.Direct("bob", $"user{n:d3}");

    private long Append(int n) => _world.Append(DirectWith(n), World.Device($"user{n:d3}")).Message.SeqNo.Value;

    private async Task<IEnumerable<ConversationId>> StartsAsync(DeviceAddress? device = null) =>
        (await _world.Starts.OpenAsync(device ?? Bob, TestContext.Current.CancellationToken))
            .Where(start => start.Head > start.Start).Select(start => start.Conversation).OrderBy(conversation => conversation.Value, StringComparer.Ordinal);
}
