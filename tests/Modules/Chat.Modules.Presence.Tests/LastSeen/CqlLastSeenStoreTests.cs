using Chat.Modules.Presence.LastSeen;
using Chat.Testing;

namespace Chat.Modules.Presence.Tests.LastSeen;

public sealed class CqlLastSeenStoreTests(CassandraServer server) : LastSeenStoreContract, IClassFixture<CassandraServer>, IAsyncLifetime
{
    private CqlLastSeenStore? _store;

    private protected override ILastSeenStore Store => _store!;

    public async ValueTask InitializeAsync()
    {
        Assert.SkipWhen(CassandraServer.IsMissing, CassandraServer.Missing);
        _store = new CqlLastSeenStore(await server.OpenEmptyAsync("presence", typeof(PresenceModule).Assembly, TestContext.Current.CancellationToken), Clock);
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}
