using Chat.BuildingBlocks.Ids;
using Chat.Modules.Delivery.Cursors;
using Chat.Testing;

namespace Chat.Modules.Delivery.Tests.Cursors;

public sealed class SqliteCursorStoreTests : CursorStoreContract, IDisposable
{
    private readonly TemporaryStores _stores = new("delivery", typeof(DeliveryModule).Assembly);

    public SqliteCursorStoreTests() => Store = Open();

    private protected override ICursorStore Store { get; }

    [Fact]
    public async Task Devices_and_cursors_are_there_after_a_restart()
    {
        var ct = TestContext.Current.CancellationToken;
        var (device, conversation) = (World.Device("bob"), World.Direct("alice", "bob"));
        await Store.AddDeviceAsync(device, new Dictionary<ConversationId, SeqNo> { [conversation] = new(7) }, ct);

        _stores.Close();

        var after = Open();
        Assert.Equal(DeviceStanding.Known, await after.GetStandingAsync(device, ct));
        Assert.Equal(7, (await after.ReadAsync(new CursorKey(device.User, device.Device, conversation), ct)).Delivered.Value);
    }

    public void Dispose() => _stores.Dispose();

    private SqliteCursorStore Open() => new(_stores.Database, TimeProvider.System);
}
