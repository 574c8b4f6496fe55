using Chat.BuildingBlocks.Storage.Cql;
using Chat.Modules.Messaging.Feed;
using Chat.Modules.Messaging.Log;
using Chat.Modules.Messaging.Log.Cluster;
using Chat.Modules.Messaging.Tests.Log.Cluster;
using Chat.Testing;

namespace Chat.Modules.Messaging.Tests.Timers;

/// <summary>The clustered log on a real server.</summary>
public sealed class CqlMessageTimersTests(CassandraServer server) : MessageTimersContract, IClassFixture<CassandraServer>
{
    private ICqlSession? _session;
    private CqlLogTables? _tables;

    private protected override IExpiries Expiries => new CqlExpiries(_tables!, ClusterTimes.Default, Clock);

    public override async ValueTask DisposeAsync()
    {
        if (!CassandraServer.IsMissing)
            await base.DisposeAsync();
        GC.SuppressFinalize(this);
    }

    private protected override async Task<IMessageLog> OpenAsync()
    {
        Assert.SkipWhen(CassandraServer.IsMissing, CassandraServer.Missing);
        if (_session is null)
        {
            _session = await server.OpenEmptyAsync("messaging", typeof(MessagingModule).Assembly, Ct);
            _tables = new CqlLogTables(_session, TimeProvider.System);
            // The first sweep of all looks far back.
            await _tables.WriteSweptHourAsync(ExpiryHours.Of(Clock.GetUtcNow()), Ct);
        }
        var log = ClusterLogs.Of(_session, ClusterLogs.Touches(_session), expiry: new Expiry(Clock));
        await log.OpenAsync(Ct);
        return log;
    }

    private protected override async Task CloseAsync(IMessageLog log) => await ((CqlMessageLog)log).DisposeAsync();
}
