using Chat.Modules.Presence.LastSeen;
using Chat.Testing;

namespace Chat.Modules.Presence.Tests.LastSeen;

public sealed class SqliteLastSeenStoreTests : LastSeenStoreContract, IDisposable
{
    private readonly TemporaryStores _stores = new("presence", typeof(PresenceModule).Assembly);

    private protected override ILastSeenStore Store => new SqliteLastSeenStore(_stores.Database, Clock);

    [Fact]
    public async Task A_restart_finds_what_was_saved()
    {
        await Store.SaveAsync([new(Alice, Noon)], TestContext.Current.CancellationToken);

        _stores.Close();

        Assert.Equal(Noon, (await Store.GetAsync([Alice], TestContext.Current.CancellationToken))[Alice]);
    }

    public void Dispose() => _stores.Dispose();
}
