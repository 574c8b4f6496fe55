using System.Runtime.CompilerServices;
using Chat.BuildingBlocks.Errors;
using Microsoft.Extensions.Logging;

namespace Chat.BuildingBlocks.Storage.Cql.Client;

/// <summary>Brings a request to an answer: from node to node where that is safe, and telling a node of statements that it does not know.</summary>
internal sealed class RequestSender(Cluster cluster, PreparedStatements statements, CqlMetrics metrics, TimeProvider clock, ILogger log)
{
    // With the first one.
    private const int MaxTries = 4;

    /// <param name="request">With its deadline. Its prepared statements may have been replaced when this returns.</param>
    /// <param name="idempotent">May be sent again when it may have happened.</param>
    /// <returns>An answer that is no error, and where it came from.</returns>
    /// <exception cref="StoreUnavailableException">There is none in time.</exception>
    /// <exception cref="CqlException">The server refuses the statement.</exception>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    public async ValueTask<(Response Response, Connection From)> RunAsync(Request request, QueryPlan plan, bool idempotent, CancellationToken ct)
    {
        ct.ThrowIfCancellationRequested();
        StoreUnavailableException? failure = null;
        var gone = true;
        for (var tries = 0; tries < MaxTries; tries++)
        {
            if (tries > 0)
                metrics.Retried();
            var connection = plan.Next();
            if (connection is null)
            {
                // Every node has been tried. What lost its connection may have the next one; what a node could not do it cannot do at once either.
                if (!gone || !await cluster.MayRecoverAsync(Left(request.Deadline), ct))
                    break;
                plan = plan.Again(cluster.Topology);
                connection = plan.Next();
            }
            if (connection is null)
                continue;

            var response = await AskAsync(connection, request, ct);
            if (response is { Outcome: Outcome.Answered, Opcode: Opcode.Error })
                response = await TeachAsync(connection, request, response, ct);
            if (response is { Outcome: Outcome.Answered, Opcode: not Opcode.Error })
                return (response, connection);

            (var safe, failure) = Judge(response, connection, ct);
            gone = !connection.IsOpen;
            if (!safe && !idempotent || Left(request.Deadline) == TimeSpan.Zero)
                break;
        }
        throw failure ?? new StoreUnavailableException("No node of the cluster can be reached.");
    }

    private const int ForgottenAtOnce = 4;

    // What a failed try means; throws where no other try would end differently.
    private (bool Safe, StoreUnavailableException Failure) Judge(in Response response, Connection connection, CancellationToken ct)
    {
        switch (response.Outcome)
        {
            case Outcome.NotSent:
                return (true, new StoreUnavailableException($"Too many requests wait for {connection}, or it has just gone."));
            case Outcome.Lost:
                return (false, new StoreUnavailableException($"The connection to {connection} was lost before the answer."));
            case Outcome.Cancelled:
                throw new OperationCanceledException(ct);
            case Outcome.TimedOut:
                metrics.TimedOut();
                throw new StoreUnavailableException($"No answer from {connection} in time.");
            default:
                var error = ReadError(response);
                return error.ToException() is StoreUnavailableException transient ? (error.NothingHappened, transient) : throw error.ToException();
        }
    }

    // The node has forgotten, or never knew, what it is asked to execute: prepared there, the same request is sent once more. In a batch
    // each statement may be unknown; and Cassandra may forget at once what others prepare at the same time (CASSANDRA-17401).
    private async Task<Response> TeachAsync(Connection connection, Request request, Response response, CancellationToken ct)
    {
        var most = (request is BatchRequest batch ? batch.Count : 1) + ForgottenAtOnce;
        for (var taught = 0; taught < most && response is { Outcome: Outcome.Answered, Opcode: Opcode.Error }; taught++)
        {
            var error = ReadError(response);
            if (error.Code != CqlErrorCodes.Unprepared || request.TextOf(error.UnpreparedId) is not { } cql)
                return response;
            var prepare = new PrepareRequest(cql) { Deadline = request.Deadline };
            var answer = await AskAsync(connection, prepare, ct);
            if (answer is not { Outcome: Outcome.Answered, Opcode: Opcode.Result })
                return answer.Outcome is Outcome.Lost ? Response.Without(Outcome.NotSent) : answer;
            request.Replace(ReadPrepared(answer, cql, connection));
            response = await AskAsync(connection, request, ct);
        }
        return response;
    }

    /// <summary>Reads what a PREPARE was answered with, and keeps it for the next ones.</summary>
    /// <exception cref="StoreUnavailableException">It makes no sense.</exception>
    public Prepared ReadPrepared(in Response response, string cql, Connection connection)
    {
        try
        {
            var prepared = Results.ReadPrepared(response, cql, connection.Version);
            statements.Keep(prepared);
            return prepared;
        }
        catch (InvalidDataException e)
        {
            throw Malformed(e, connection);
        }
    }

    /// <summary>What to throw when an answer makes no sense; the connection it came on is given up.</summary>
    public StoreUnavailableException Malformed(InvalidDataException e, Connection connection)
    {
        log.MalformedAnswer(connection.ToString(), e);
        connection.Close("its answer made no sense: " + e.Message);
        return new StoreUnavailableException($"The answer of {connection} made no sense: {e.Message}", e);
    }

    private static ServerError ReadError(in Response response)
    {
        try
        {
            return ServerError.Read(response);
        }
        catch (InvalidDataException e)
        {
            return new ServerError(CqlErrorCodes.ServerError, "An error that cannot be read: " + e.Message, []);
        }
    }

    private static ValueTask<Response> AskAsync(Connection connection, Request request, CancellationToken ct)
    {
        var answer = connection.SendAsync(request);
        return ct.CanBeCanceled && !answer.IsCompleted ? CancellableAsync(answer, request, ct) : answer;
    }

    // Registered once it is sent: a token that is cancelled by then cancels it all the same.
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private static async ValueTask<Response> CancellableAsync(ValueTask<Response> answer, Request request, CancellationToken ct)
    {
        using (ct.UnsafeRegister(static state => ((Request)state!).Cancel(), request))
            return await answer;
    }

    private TimeSpan Left(long deadline) => clock.GetElapsedTime(clock.GetTimestamp(), deadline) is var left && left > TimeSpan.Zero ? left : TimeSpan.Zero;
}
