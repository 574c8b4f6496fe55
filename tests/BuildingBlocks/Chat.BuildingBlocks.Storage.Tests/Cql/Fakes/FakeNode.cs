using System.Collections.Concurrent;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using Chat.BuildingBlocks.Storage.Cql.Client;

namespace Chat.BuildingBlocks.Storage.Tests.Cql.Fakes;

/// <summary>A node that speaks the protocol on a real socket and answers as a test scripts it.</summary>
internal sealed class FakeNode : IAsyncDisposable
{
    private readonly FakeCluster _cluster;
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly ConcurrentDictionary<int, FakeConnection> _connections = new();
    private readonly ConcurrentDictionary<string, bool> _prepared = new();
    private readonly ConcurrentQueue<FakeRequest> _seen = new();
    private readonly ConcurrentQueue<FakeRequest> _statements = new();
    private readonly Task _accepting;
    private int _accepted;

    public FakeNode(FakeCluster cluster, Guid hostId)
    {
        (_cluster, HostId) = (cluster, hostId);
        _listener.Start();
        Address = (IPEndPoint)_listener.LocalEndpoint;
        _accepting = AcceptAsync();
    }

    public Guid HostId { get; }

    public IPEndPoint Address { get; }

    public long[] Tokens { get; set; } = [];

    public string Datacenter { get; set; } = "dc1";

    /// <summary>Answers to statements and batches.</summary>
    public Func<FakeRequest, Task<FakeReply>> OnStatement { get; set; } = _ => Task.FromResult(FakeReply.Void);

    /// <summary>Before everything else; null: as usual.</summary>
    public Func<FakeRequest, FakeReply?> OnRequest { get; set; } = _ => null;

    /// <summary>What is sent in place of an answer's bytes.</summary>
    public Func<byte[], byte[]> Mangle { get; set; } = bytes => bytes;

    /// <summary>Every byte is sent alone.</summary>
    public bool Torn { get; set; }

    /// <summary>Told to every connection: name and value by the connection's number.</summary>
    public Func<int, IReadOnlyDictionary<string, string>> Options { get; set; } = _ => new Dictionary<string, string>();

    public X509Certificate2? Certificate { get; set; }

    /// <summary>Statements and batches that came, but for those that were not known to the node.</summary>
    public IReadOnlyList<FakeRequest> Statements => [.. _statements];

    public IReadOnlyList<FakeRequest> Requests => [.. _seen];

    /// <summary>The callers' ports, by the connection's number.</summary>
    public ConcurrentDictionary<int, int> ClientPorts { get; } = new();

    public int OpenConnections => _connections.Count;

    /// <summary>As after a restart: nothing is prepared.</summary>
    public void Forget() => _prepared.Clear();

    public void DropConnections()
    {
        foreach (var connection in _connections.Values)
            connection.Drop();
    }

    /// <summary>On every connection that has registered.</summary>
    public async Task SendEventAsync(params string[] words)
    {
        var body = new Wire();
        foreach (var word in words)
            body.String(word);
        foreach (var connection in _connections.Values.Where(connection => connection.Registered))
            await connection.SendAsync(-1, new FakeReply(Opcode.Event, body.Bytes));
    }

    public async ValueTask DisposeAsync()
    {
        _listener.Stop();
        await _accepting;
        DropConnections();
    }

    public async Task<FakeReply> AnswerAsync(FakeRequest request)
    {
        _seen.Enqueue(request);
        if (OnRequest(request) is { } scripted)
            return scripted;
        switch (request.Opcode)
        {
            case Opcode.Options:
                return Supported(request.Connection);
            case Opcode.Startup or Opcode.Register:
                return FakeReply.Ready;
            case Opcode.Prepare:
                _prepared[request.Cql] = true;
                return FakeReply.Prepared(request.Cql, request.Version);
            case Opcode.Query:
                return _cluster.AnswerSystem(this, request.Cql);
            default:
                if (!_prepared.ContainsKey(request.Cql))
                    return FakeReply.Error(CqlErrorCodes.Unprepared, new Wire().ShortBytes(FakeReply.IdOf(request.Cql)).Bytes);
                _statements.Enqueue(request);
                return await OnStatement(request);
        }
    }

    private FakeReply Supported(int connection)
    {
        var options = Options(connection);
        var body = new Wire().Short(options.Count);
        foreach (var (name, value) in options)
            body.String(name).Strings(value);
        return new FakeReply(Opcode.Supported, body.Bytes);
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
            {
                var client = await _listener.AcceptTcpClientAsync();
                client.NoDelay = true;
                ClientPorts[_accepted] = ((IPEndPoint)client.Client.RemoteEndPoint!).Port;
                _ = ServeAsync(client, _accepted++);
            }
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException or InvalidOperationException)
        {
            // The test is over.
        }
    }

    private async Task ServeAsync(TcpClient client, int number)
    {
        Stream stream = client.GetStream();
        try
        {
            if (Certificate is not null)
            {
                var encrypted = new SslStream(stream);
                stream = encrypted;
                await encrypted.AuthenticateAsServerAsync(Certificate);
            }
            await using var connection = new FakeConnection(this, _cluster.Version, stream, number);
            _connections[number] = connection;
            await connection.ServeAsync();
        }
        catch (Exception e) when (e is IOException or ObjectDisposedException or System.Security.Authentication.AuthenticationException)
        {
            // The client has gone, or was sent away.
        }
        finally
        {
            _connections.TryRemove(number, out _);
            client.Dispose();
        }
    }
}
