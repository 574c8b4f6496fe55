using Chat.BuildingBlocks.Ids;
using Chat.BuildingBlocks.Storage.Cql;
using Chat.Modules.Messaging.Feed;
using Chat.Modules.Messaging.Inbox;
using Chat.Modules.Messaging.Log;
using Chat.Modules.Messaging.Log.Cluster;
using Chat.Testing;
using Microsoft.Extensions.Logging.Abstractions;

namespace Chat.Modules.Messaging.Tests.Inbox;

/// <summary>Servers with logs and inboxes on one keyspace, whose requests are counted.</summary>
internal sealed class CqlInboxes : IAsyncDisposable
{
    private static readonly TestMeters Meters = new();

    private readonly FaultyCqlSession _session;
    private int _requests;
    private int _touches;
    private int _next;

    public CqlInboxes(ICqlSession session)
    {
        _session = new FaultyCqlSession(session, statement =>
        {
            Interlocked.Increment(ref _requests);
            if (statement.Cql.StartsWith("INSERT INTO messaging_touched", StringComparison.Ordinal)
                || statement.Cql.StartsWith("INSERT INTO messaging_streams", StringComparison.Ordinal)
                || statement.Cql.StartsWith("INSERT INTO messaging_inbox", StringComparison.Ordinal))
                Interlocked.Increment(ref _touches);
            return Task.FromResult(CqlFault.None);
        });
    }

    public ShiftedTime Clock { get; } = new();

    /// <summary>Statements and batches since it was set to 0.</summary>
    public int Requests { get => _requests; set => _requests = value; }

    /// <summary>Those that wrote to the feed and the inbox.</summary>
    public int Touches { get => _touches; set => _touches = value; }

    public int Next() => Interlocked.Increment(ref _next);

    public void Pass(TimeSpan time) => Clock.Advance(time);

    public async Task<Server> StartAsync(CancellationToken ct)
    {
        var tables = new CqlInboxTables(_session, ClusterTimes.Default, TimeProvider.System);
        var touches = new TouchWriter(new CqlFeedTables(_session, TimeProvider.System), tables, ClusterTimes.Default, Clock, Random.Shared);
        var log = new CqlMessageLog(
            new CqlLogTables(_session, TimeProvider.System), touches, ClusterTimes.Default, new SharedConversations(Clock), Clock,
            new ActivityClock(NullLogger<ActivityClock>.Instance));
        await log.OpenAsync(ct);
        return new Server(log, new CqlInbox(log, tables, ClusterTimes.Default, Meters, Clock, NullLogger<CqlInbox>.Instance));
    }

    /// <summary>A server as of the version before: it appends, and writes neither feed nor inbox.</summary>
    public CqlMessageLog StartWithoutInbox()
    {
        var unwritten = new Unwritten(_session);
        var touches = new TouchWriter(
            new CqlFeedTables(unwritten, TimeProvider.System), new CqlInboxTables(unwritten, ClusterTimes.Default, TimeProvider.System), ClusterTimes.Default, Clock, Random.Shared);
        return new CqlMessageLog(
            new CqlLogTables(_session, TimeProvider.System), touches, ClusterTimes.Default, new SharedConversations(Clock), Clock,
            new ActivityClock(NullLogger<ActivityClock>.Instance));
    }

    public Task DeleteAsync(UserId user, CancellationToken ct) =>
        _session.ExecuteAsync(new("DELETE FROM messaging_inbox WHERE user = ?", user.Value), ct);

    /// <summary>As docs/operations.md has the operator do it; null: as in a keyspace from before.</summary>
    public Task NameAsync(string? name, CancellationToken ct) =>
        _session.ExecuteAsync(new("UPDATE messaging_epochs SET inbox = ? WHERE log = 'messages' IF EXISTS", name) { Idempotent = false }, ct);

    internal sealed record Server(CqlMessageLog Log, CqlInbox Inbox);

    public ValueTask DisposeAsync() => _session.DisposeAsync();

    /// <summary>Goes by itself, and further when it is told to: servers wait for one another by it.</summary>
    internal sealed class ShiftedTime : TimeProvider
    {
        private readonly TimeSpan _start = Words.Now - System.GetUtcNow();
        private TimeSpan _passed;

        public override DateTimeOffset GetUtcNow() => System.GetUtcNow() + _start + _passed;

        public override long GetTimestamp() => System.GetTimestamp() + (long)(_passed.TotalSeconds * TimestampFrequency);

        public void Advance(TimeSpan time) => _passed += time;
    }

    private sealed class Unwritten(ICqlSession inner) : ICqlSession
    {
        public Task<CqlResult> ExecuteAsync(CqlStatement statement, CancellationToken ct = default) =>
            statement.Cql.StartsWith("INSERT", StringComparison.Ordinal) ? Task.FromResult(new CqlResult([])) : inner.ExecuteAsync(statement, ct);

        public Task<CqlResult> ExecuteBatchAsync(IReadOnlyList<CqlStatement> statements, CancellationToken ct = default) => Task.FromResult(new CqlResult([]));

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }
}
