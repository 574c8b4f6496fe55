using Chat.BuildingBlocks.Storage.Cql;
using Chat.Testing;

namespace Chat.BuildingBlocks.Storage.Tests.Cql;

/// <summary>The project's own client.</summary>
public sealed class CqlSessionTests(CassandraServer server) : CqlSessionContract, IClassFixture<CassandraServer>
{
    protected override async Task<ICqlSession> OpenAsync()
    {
        Assert.SkipWhen(CassandraServer.IsMissing, CassandraServer.Missing);
        return await server.OpenAsync(Ct);
    }
}
