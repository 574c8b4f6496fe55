using Chat.BuildingBlocks.Ids;
using Chat.Modules.Delivery.Notifications.Notified;

namespace Chat.Modules.Delivery.Tests.Notifications.Notified;

/// <summary>What every store of what devices were told promises.</summary>
public abstract class NotifiedStoreContract
{
    private protected static readonly DeviceAddress Phone = World.Device("bob", "phone");
    private static readonly ConversationId Alices = World.Direct("alice", "bob");

    private protected abstract INotifiedStore Store { get; }

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_place_is_read_as_it_was_saved_and_only_moves_forward()
    {
        Assert.Equal(default, await Store.ReadAsync(Phone, Alices, Ct));

        await SaveAsync(5, 0);
        await SaveAsync(3, 3);

        Assert.Equal(new NotifiedPlace(new SeqNo(5), new SeqNo(3)), await Store.ReadAsync(Phone, Alices, Ct));
        Assert.Equal(default, await Store.ReadAsync(Phone, World.Direct("bob", "carol"), Ct));
        Assert.Equal(default, await Store.ReadAsync(World.Device("bob", "laptop"), Alices, Ct));
    }

    [Fact]
    public async Task A_removed_device_has_none_and_can_have_new_ones()
    {
        await SaveAsync(5, 0);

        await Store.RemoveAsync(Phone, Ct);

        Assert.Equal(default, await Store.ReadAsync(Phone, Alices, Ct));
        await SaveAsync(2, 0);
        Assert.Equal(2, (await Store.ReadAsync(Phone, Alices, Ct)).UpTo.Value);
    }

    private Task SaveAsync(long upTo, long withdrawn) => Store.SaveAsync(Phone, Alices, new NotifiedPlace(new SeqNo(upTo), new SeqNo(withdrawn)), Ct);
}
