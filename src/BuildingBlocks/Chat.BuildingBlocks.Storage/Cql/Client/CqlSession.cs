using System.Diagnostics.Metrics;
using Chat.BuildingBlocks.Errors;
using Microsoft.Extensions.Logging;

namespace Chat.BuildingBlocks.Storage.Cql.Client;

/// <summary>
/// The project's own client of the CQL binary protocol, v5 and v4: to the node, and on ScyllaDB the core, that has the partition; many
/// requests on a connection; nothing held longer than its time.
/// </summary>
public sealed class CqlSession : ICqlSession
{
    private readonly Cluster _cluster;
    private readonly RequestSender _sender;
    private readonly PreparedStatements _prepared;
    private readonly Consistencies _consistencies;
    private readonly CqlMetrics _metrics;
    private readonly TimeProvider _clock;
    private readonly long _time;
    private uint _turn;
    private bool _disposed;

    private CqlSession(Cluster cluster, CqlOptions options, CqlMetrics metrics, TimeProvider clock, ILogger log)
    {
        (_cluster, _metrics, _clock) = (cluster, metrics, clock);
        _prepared = new PreparedStatements(log);
        _sender = new RequestSender(cluster, _prepared, metrics, clock, log);
        _consistencies = Consistencies.Of(options.Consistency);
        _time = options.RequestTimeoutMs * clock.TimestampFrequency / 1000;
    }

    /// <summary>Finds the cluster through one of the contact points, makes the keyspace if it is missing, and connects to the local nodes.</summary>
    /// <exception cref="StoreUnavailableException">No node can be reached; the message says which were tried.</exception>
    /// <exception cref="CqlException">The nodes refuse the user, or the making of the keyspace.</exception>
    /// <exception cref="StorageException">No node is in the configured data centre, or the file of authorities cannot be read.</exception>
    /// <exception cref="FormatException"><see cref="CqlOptions.ContactPoints"/> cannot be read.</exception>
    public static Task<CqlSession> ConnectAsync(CqlOptions options, IMeterFactory meters, ILoggerFactory logs, TimeProvider clock, CancellationToken ct) =>
        ConnectAsync(options, meters, logs, clock, ProtocolVersion.V5, ct);

    /// <summary>The same with <paramref name="newest"/> as the first protocol version to try.</summary>
    internal static async Task<CqlSession> ConnectAsync(
        CqlOptions options, IMeterFactory meters, ILoggerFactory logs, TimeProvider clock, byte newest, CancellationToken ct)
    {
        var log = logs.CreateLogger<CqlSession>();
        var metrics = new CqlMetrics(meters, clock);
        var cluster = new Cluster(options, new Dialer(options, newest, clock, metrics, log), clock, log);
        try
        {
            await cluster.ConnectAsync(ct);
            return new CqlSession(cluster, options, metrics, clock, log);
        }
        catch
        {
            await cluster.DisposeAsync();
            throw;
        }
    }

    /// <inheritdoc/>
    public async Task<CqlResult> ExecuteAsync(CqlStatement statement, CancellationToken ct = default)
    {
        var started = _clock.GetTimestamp();
        var deadline = started + _time;
        _metrics.Began();
        try
        {
            var prepared = _prepared.Find(statement.Cql);
            if (prepared is null)
            {
                if (!StatementText.IsPreparable(statement.Cql))
                    return await ChangeSchemaAsync(statement, deadline, ct);
                prepared = await PrepareAsync(statement.Cql, deadline, ct);
            }
            var request = new ExecuteRequest(statement, prepared, _consistencies) { Deadline = deadline };
            var (response, from) = await _sender.RunAsync(request, PlanFor(prepared, statement), statement.Idempotent, ct);
            return Read(response, from, request.Prepared);
        }
        catch (Exception e) when (e is StoreUnavailableException or CqlException)
        {
            _metrics.Failed();
            throw;
        }
        finally
        {
            _metrics.Ended(started);
        }
    }

    /// <inheritdoc/>
    public async Task<CqlResult> ExecuteBatchAsync(IReadOnlyList<CqlStatement> statements, CancellationToken ct = default)
    {
        if (statements.Count == 0)
            throw new ArgumentException("A batch of nothing.", nameof(statements));
        var started = _clock.GetTimestamp();
        var deadline = started + _time;
        _metrics.Began();
        try
        {
            var prepared = new Prepared[statements.Count];
            var idempotent = true;
            for (var i = 0; i < prepared.Length; i++)
            {
                prepared[i] = _prepared.Find(statements[i].Cql) ?? await PrepareAsync(statements[i].Cql, deadline, ct);
                idempotent &= statements[i].Idempotent;
            }
            var request = new BatchRequest(statements, prepared, _consistencies) { Deadline = deadline };
            var (response, from) = await _sender.RunAsync(request, PlanFor(prepared[0], statements[0]), idempotent, ct);
            return Read(response, from, null);
        }
        catch (Exception e) when (e is StoreUnavailableException or CqlException)
        {
            _metrics.Failed();
            throw;
        }
        finally
        {
            _metrics.Ended(started);
        }
    }

    /// <summary>Closes all connections; what is under way ends as a store without an answer. May be called twice.</summary>
    public ValueTask DisposeAsync() => Interlocked.Exchange(ref _disposed, true) ? default : _cluster.DisposeAsync();

    private QueryPlan PlanFor(Prepared? prepared, CqlStatement? statement)
    {
        var topology = _cluster.Topology;
        var token = prepared is not null && topology.RoutesByToken ? RoutingKey.TokenOf(prepared, statement!) : null;
        return new QueryPlan(topology, token, statement is { Idempotent: false } or { Linearizable: true }, Interlocked.Increment(ref _turn));
    }

    private async Task<CqlResult> ChangeSchemaAsync(CqlStatement statement, long deadline, CancellationToken ct)
    {
        if (statement.Values.Count > 0)
            throw new ArgumentException("Only SELECT, INSERT, UPDATE and DELETE take values.", nameof(statement));
        var request = new QueryRequest(statement.Cql, _consistencies.Plain) { Deadline = deadline };
        var (response, from) = await _sender.RunAsync(request, PlanFor(null, null), idempotent: false, ct);
        if (Results.IsSchemaChange(response))
            await _cluster.AgreeAsync(ct);
        return Read(response, from, null);
    }

    private async Task<Prepared> PrepareAsync(string cql, long deadline, CancellationToken ct)
    {
        var (response, from) = await _sender.RunAsync(new PrepareRequest(cql) { Deadline = deadline }, PlanFor(null, null), idempotent: true, ct);
        return _sender.ReadPrepared(response, cql, from);
    }

    // With a statement's columns the server also tells, in v5, when they are others than they were.
    private CqlResult Read(in Response response, Connection from, Prepared? prepared)
    {
        try
        {
            var result = Results.Read(response, prepared?.Result, out var columns);
            if (prepared is not null && columns is { NewId: { } id, Types: { } types })
                _prepared.Keep(prepared with { ResultId = id, Result = types });
            return result;
        }
        catch (InvalidDataException e)
        {
            throw _sender.Malformed(e, from);
        }
    }
}
