using System.Text;

namespace Chat.BuildingBlocks.Storage.Cql.Client;

/// <summary>The first words on a connection: version, options, log-in, keyspace.</summary>
internal sealed class Handshake(Connection connection, CqlOptions options, TimeProvider clock, CancellationToken ct)
{
    private const string TabletsOption = "TABLETS_ROUTING_V1";

    /// <returns>False: the node does not speak the connection's version.</returns>
    /// <exception cref="IOException">No answer.</exception>
    /// <exception cref="CqlException">The node refuses us.</exception>
    public async Task<bool> RunAsync(string? keyspace)
    {
        var supported = await AskAsync(new OptionsRequest());
        if (supported.Opcode == Opcode.Error && connection.Version > ProtocolVersion.V4 && ServerError.Read(supported).Code == CqlErrorCodes.Protocol)
            return false;
        ReadOptions(Expect(supported, Opcode.Supported));

        var hello = new Dictionary<string, string>(StringComparer.Ordinal) { ["CQL_VERSION"] = "3.0.0", ["DRIVER_NAME"] = "Chat" };
        if (options.Compression)
            hello["COMPRESSION"] = Lz4.Name;
        var welcome = await AskAsync(new StartupRequest(hello));
        if (welcome.Opcode == Opcode.Error && connection.Version > ProtocolVersion.V4 && ServerError.Read(welcome).Code == CqlErrorCodes.Protocol)
            return false;
        if (welcome.Opcode is Opcode.Ready or Opcode.Authenticate && connection.Version >= ProtocolVersion.V5)
            connection.BeginSegments();
        if (welcome.Opcode == Opcode.Authenticate)
            await LogInAsync();
        else
            Expect(welcome, Opcode.Ready);
        if (keyspace is not null)
            Expect(await AskAsync(new QueryRequest($"USE \"{keyspace}\"")), Opcode.Result);
        return true;
    }

    // SASL PLAIN, what PasswordAuthenticator takes.
    private async Task LogInAsync()
    {
        if (options.Username.Length == 0)
            throw new CqlException(CqlErrorCodes.BadCredentials, "The node asks for a password: set Cql:Username and Cql:Password.");
        var answer = await AskAsync(new AuthResponseRequest(Encoding.UTF8.GetBytes($"\0{options.Username}\0{options.Password}")));
        if (answer.Opcode == Opcode.AuthChallenge)
            throw new CqlException(CqlErrorCodes.BadCredentials, "The node asks for more than a user name and a password.");
        Expect(answer, Opcode.AuthSuccess);
    }

    private void ReadOptions(in Response response)
    {
        var reader = new BodyReader(response.Body);
        reader.Preamble(response.Flags);
        var supported = reader.StringMultimap();
        connection.Sharding = Sharding.Of(supported);
        connection.HasTablets = supported.ContainsKey(TabletsOption);
        if (options.Compression && !(supported.TryGetValue("COMPRESSION", out var names) && names.Contains(Lz4.Name)))
            throw new IOException("The node knows no LZ4: set Cql:Compression to false.");
    }

    private async Task<Response> AskAsync(Request request)
    {
        request.Deadline = clock.GetTimestamp() + options.ConnectTimeoutMs * (clock.TimestampFrequency / 1000);
        var answer = connection.SendAsync(request);
        Response response;
        await using (ct.UnsafeRegister(static state => ((Request)state!).Cancel(), request))
            response = await answer;
        ct.ThrowIfCancellationRequested();
        return response.Outcome == Outcome.Answered ? response : throw new IOException($"No answer to {request.Opcode}: {response.Outcome}.");
    }

    private static Response Expect(in Response response, Opcode opcode) =>
        response.Opcode == opcode ? response
        : response.Opcode == Opcode.Error ? throw ServerError.Read(response).ToException()
        : throw new InvalidDataException($"{response.Opcode} came where {opcode} was due.");
}
