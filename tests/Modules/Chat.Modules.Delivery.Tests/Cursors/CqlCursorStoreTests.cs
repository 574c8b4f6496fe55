using Chat.Modules.Delivery.Cursors;
using Chat.Testing;

namespace Chat.Modules.Delivery.Tests.Cursors;

public sealed class CqlCursorStoreTests(CassandraServer server) : CursorStoreContract, IClassFixture<CassandraServer>, IAsyncLifetime
{
    private CqlCursorStore? _store;

    private protected override ICursorStore Store => _store!;

    public async ValueTask InitializeAsync()
    {
        Assert.SkipWhen(CassandraServer.IsMissing, CassandraServer.Missing);
        var session = await server.OpenEmptyAsync("delivery", typeof(DeliveryModule).Assembly, TestContext.Current.CancellationToken);
        _store = new CqlCursorStore(session, TimeProvider.System);
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}
