using Chat.BuildingBlocks.Storage.Cql;
using Chat.BuildingBlocks.Storage.Cql.Client;
using Chat.Testing;
using Microsoft.Extensions.Logging.Abstractions;

namespace Chat.BuildingBlocks.Storage.Tests.Cql;

/// <summary>The project's own client, over the newest protocol that the server has.</summary>
public sealed class CqlSessionTests(CassandraServer server) : CqlSessionContract, IClassFixture<CassandraServer>
{
    protected override Task<ICqlSession> OpenAsync()
    {
        Assert.SkipWhen(CassandraServer.IsMissing, CassandraServer.Missing);
        return server.OpenAsync(ct: Ct);
    }
}

/// <summary>The same over v4, which is ScyllaDB's newest.</summary>
public sealed class CqlSessionOverV4Tests(CassandraServer server) : CqlSessionContract, IClassFixture<CassandraServer>, IDisposable
{
    private readonly TestMeters _meters = new();

    public void Dispose() => _meters.Dispose();

    protected override Task<ICqlSession> OpenAsync()
    {
        Assert.SkipWhen(CassandraServer.IsMissing, CassandraServer.Missing);
        return server.OpenAsync(async options =>
            await CqlSession.ConnectAsync(options, _meters, NullLoggerFactory.Instance, TimeProvider.System, ProtocolVersion.V4, Ct), Ct);
    }
}
