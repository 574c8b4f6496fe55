using System.Buffers;
using System.IO.Pipelines;
using Chat.Host.Http;
using Chat.Host.Http.Connections;
using Chat.Testing;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Time.Testing;

namespace Chat.Host.Tests.Http.Connections;

/// <summary>HTTP's part is played by the tests: what they do until they return is the request.</summary>
public sealed class UpgradeHandoverTests : IAsyncDisposable
{
    private readonly TestConnection _connection = new();

    [Fact]
    public async Task The_work_begins_when_HTTP_has_ended_and_has_the_open_transport()
    {
        var wroteInTime = false;

        await Run(async (connection, handover) =>
        {
            await connection.Transport.Output.WriteAsync("101"u8.ToArray(), TestContext.Current.CancellationToken);
            Assert.True(handover.TryTake(async () => wroteInTime = !(await handover.Transport.Output.WriteAsync("frame"u8.ToArray(), TestContext.Current.CancellationToken)).IsCompleted));
            await connection.Transport.Input.CompleteAsync();
            await connection.Transport.Output.CompleteAsync();
            Assert.False(wroteInTime);
        });

        Assert.True(wroteInTime);
        Assert.Equal("101frame"u8.ToArray(), (await _connection.Client.Input.ReadAsync(TestContext.Current.CancellationToken)).Buffer.ToArray());
    }

    [Fact]
    public async Task Without_an_upgrade_HTTP_ends_the_transport()
    {
        await Run(async (connection, _) =>
        {
            await connection.Transport.Input.CompleteAsync();
            await connection.Transport.Output.CompleteAsync();
        });

        Assert.True((await _connection.Client.Input.ReadAsync(TestContext.Current.CancellationToken)).IsCompleted);
        Assert.True((await _connection.Client.Output.WriteAsync("late"u8.ToArray(), TestContext.Current.CancellationToken)).IsCompleted);
    }

    [Fact]
    public async Task A_connection_whose_bytes_something_else_encodes_stays_with_its_request()
    {
        var isTaken = true;

        await Run((connection, handover) =>
        {
            connection.Transport = new TestConnection().Transport;
            isTaken = handover.TryTake(() => throw new InvalidOperationException());
            return Task.CompletedTask;
        });

        Assert.False(isTaken);
    }

    [Fact]
    public async Task HTTP_has_its_heartbeat_until_the_connection_is_taken()
    {
        var beats = 0;

        await Run((connection, handover) =>
        {
            connection.Features.Get<IConnectionHeartbeatFeature>()!.OnHeartbeat(_ => beats++, this);
            _connection.Beat();
            Assert.True(handover.TryTake(() =>
            {
                _connection.Beat();
                return Task.CompletedTask;
            }));
            return Task.CompletedTask;
        });

        Assert.Equal(1, beats);
    }

    [Fact]
    public async Task A_taken_connection_is_in_use_until_its_work_ends()
    {
        using var meters = new TestMeters();
        using var connections = new OpenConnections(
            new ConnectionLimits(4, 4, 4, null), Options.Create(new HttpOptions { MaxSilentConnections = 16 }), meters, new FakeTimeProvider());
        Assert.True(connections.TryAdd(_connection));
        var open = _connection.Features.Get<OpenConnection>()!;
        var working = new TaskCompletionSource();

        connections.Begin(open);
        var running = Run((_, handover) =>
        {
            Assert.True(handover.TryTake(() => working.Task));
            connections.End(open);
            return Task.CompletedTask;
        });
        FillUp(connections);
        Assert.False(_connection.IsAborted);

        working.SetResult();
        await running;
        FillUp(connections);
        Assert.True(_connection.IsAborted);
    }

    // The first that are not in use go.
    private static void FillUp(OpenConnections connections)
    {
        for (var i = 0; i < 4; i++)
        {
            var other = new TestConnection();
            if (connections.TryAdd(other))
                connections.Begin(other.Features.Get<OpenConnection>()!);
        }
    }

    public ValueTask DisposeAsync() => _connection.DisposeAsync();

    private Task Run(Func<ConnectionContext, UpgradeHandover, Task> http) =>
        UpgradeHandover.Use(connection => http(connection, connection.Features.Get<UpgradeHandover>()!))(_connection);

    private sealed class TestConnection : DefaultConnectionContext, IConnectionHeartbeatFeature
    {
        private (Action<object> Beat, object State)? _beat;

        public TestConnection()
        {
            var (toServer, toClient) = (new Pipe(), new Pipe());
            Transport = new Duplex(toServer.Reader, toClient.Writer);
            Client = new Duplex(toClient.Reader, toServer.Writer);
            Features.Set<IConnectionHeartbeatFeature>(this);
        }

        public Duplex Client { get; }

        public bool IsAborted { get; private set; }

        public void OnHeartbeat(Action<object> action, object state) => _beat = (action, state);

        public void Beat() => _beat?.Beat(_beat.Value.State);

        public override void Abort(ConnectionAbortedException abortReason) => IsAborted = true;
    }

    private sealed record Duplex(PipeReader Input, PipeWriter Output) : IDuplexPipe;
}
