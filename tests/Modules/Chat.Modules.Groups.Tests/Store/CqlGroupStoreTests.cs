using Chat.BuildingBlocks.Storage.Cql;
using Chat.Modules.Groups.Store;
using Chat.Testing;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using static Chat.Modules.Groups.Tests.Named;

namespace Chat.Modules.Groups.Tests.Store;

public sealed class CqlGroupStoreTests(CassandraServer server) : GroupStoreContract, IClassFixture<CassandraServer>, IAsyncLifetime
{
    private readonly FakeTimeProvider _clock = new(Now);
    private ICqlSession _session = null!;

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        Assert.SkipWhen(CassandraServer.IsMissing, CassandraServer.Missing);
        _session = await server.OpenEmptyAsync("groups", typeof(GroupsModule).Assembly, Ct);
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private protected override IGroupStore Open() => new CqlGroupStore(_session, _clock, NullLogger<CqlGroupStore>.Instance);
}
