using Chat.BuildingBlocks.Storage.Cql;
using Chat.BuildingBlocks.Storage.Cql.Client;
using Chat.Modules.Messaging;
using Chat.Modules.Messaging.Feed;
using Chat.Modules.Messaging.Inbox;
using Chat.Modules.Messaging.Log;
using Chat.Modules.Messaging.Log.Cluster;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;

namespace Chat.Bench;

/// <summary>The clustered log without a server around it, its tables made.</summary>
internal sealed class ClusterLog : IAsyncDisposable
{
    private ClusterLog(ICqlSession session)
    {
        Session = session;
        var (clock, times) = (TimeProvider.System, ClusterTimes.Default);
        var touches = new TouchWriter(new CqlFeedTables(session, clock), new CqlInboxTables(session, times, clock), times, clock, Random.Shared);
        Tables = new CqlLogTables(session, clock);
        Log = new CqlMessageLog(Tables, touches, times, new SharedConversations(clock), clock, new ActivityClock(NullLogger<ActivityClock>.Instance));
    }

    public ICqlSession Session { get; }

    public CqlLogTables Tables { get; }

    public CqlMessageLog Log { get; }

    /// <summary>Takes <c>--contact-points</c>, <c>--keyspace</c> and <c>--replication</c>.</summary>
    public static async Task<ClusterLog> OpenAsync(Arguments arguments, CancellationToken ct)
    {
        var options = new CqlOptions
        {
            ContactPoints = arguments.Text("--contact-points") ?? "127.0.0.1:9042",
            Keyspace = arguments.Text("--keyspace") ?? "chat_bench",
            ReplicationFactor = arguments.Int("--replication", 1),
        };
        arguments.RefuseUnknown();
        return await OpenAsync(options, ct);
    }

    public static async Task<ClusterLog> OpenAsync(CqlOptions options, CancellationToken ct)
    {
        var session = await CqlSession.ConnectAsync(options, new NoMeters(), NullLoggerFactory.Instance, TimeProvider.System, ct);
        var tables = new CqlMigrations("messaging", typeof(MessagingModule).Assembly);
        await new CqlSchema([tables], Options.Create(options), TimeProvider.System, NullLogger<CqlSchema>.Instance).ApplyAsync(session, ct);
        return new ClusterLog(session);
    }

    public async ValueTask DisposeAsync()
    {
        await Log.DisposeAsync();
        await Session.DisposeAsync();
    }
}
