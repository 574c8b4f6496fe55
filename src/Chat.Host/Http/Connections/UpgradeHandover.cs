using System.IO.Pipelines;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace Chat.Host.Http.Connections;

/// <summary>
/// Lets an upgraded connection live on after its request has ended. Kestrel keeps all of HTTP's objects as long as the request runs (13 KB a connection); here
/// the request checks who opens the connection, answers 101 and ends, and then the connection's own work starts on the bare transport.
/// </summary>
/// <remarks>
/// A connection middleware around Kestrel's HTTP. Until a request takes the connection it only passes everything on. From then on HTTP's end does not complete the
/// transport's pipes, and Kestrel's heartbeat does not reach HTTP, which Kestrel has no way to unregister.
/// </remarks>
internal sealed class UpgradeHandover : IConnectionHeartbeatFeature
{
    private readonly ConnectionContext _connection;
    private readonly IDuplexPipe _transport;
    private readonly IConnectionHeartbeatFeature? _heartbeat;
    private Pipes? _guarded;
    private List<(Action<object> Beat, object State)>? _beats;
    private Func<Task>? _work;
    private volatile bool _isTaken;

    private UpgradeHandover(ConnectionContext connection)
    {
        (_connection, _transport, _heartbeat) = (connection, connection.Transport, connection.Features.Get<IConnectionHeartbeatFeature>());
        _guarded = new Pipes(this);
    }

    /// <summary>The transport's pipes, for the work; as long as the request runs they are HTTP's.</summary>
    public IDuplexPipe Transport => _transport;

    /// <summary>The connection has ended.</summary>
    public CancellationToken Ended => _connection.ConnectionClosed;

    /// <summary>Puts it in front of HTTP.</summary>
    public static ConnectionDelegate Use(ConnectionDelegate http) => connection => new UpgradeHandover(connection).RunAsync(http);

    /// <summary>Takes the connection: <paramref name="work"/> runs once the request has ended, and the connection ends with it.</summary>
    /// <returns>False where the request must run as long as the connection: its transport is not the connection's, as under TLS. Nothing has changed then.</returns>
    public bool TryTake(Func<Task> work)
    {
        if (_connection.Transport != _guarded)
            return false;
        (_work, _isTaken) = (work, true);
        _connection.Features.Get<OpenConnection>()?.Hold();
        return true;
    }

    /// <summary>Ends the connection at once.</summary>
    public void Abort() => _connection.Abort(new ConnectionAbortedException("The WebSocket was aborted."));

    void IConnectionHeartbeatFeature.OnHeartbeat(Action<object> action, object state)
    {
        // HTTP registers once, when it starts.
        (_beats ??= []).Add((action, state));
        if (_beats.Count == 1)
            _heartbeat?.OnHeartbeat(static handover => ((UpgradeHandover)handover).Beat(), this);
    }

    private async Task RunAsync(ConnectionDelegate http)
    {
        _connection.Transport = _guarded!;
        _connection.Features.Set(this);
        if (_heartbeat is not null)
            _connection.Features.Set<IConnectionHeartbeatFeature>(this);
        await http(_connection);
        if (!_isTaken)
            return;
        try
        {
            await WorkAsync();
        }
        finally
        {
            _connection.Features.Get<OpenConnection>()?.Release();
        }
    }

    // Forgets what only HTTP needed.
    private Task WorkAsync()
    {
        _connection.Transport = _transport;
        Volatile.Write(ref _beats, null);
        _guarded = null;
        var work = _work!;
        _work = null;
        return work();
    }

    private void Beat()
    {
        if (Volatile.Read(ref _beats) is not { } beats)
            return;
        foreach (var (beat, state) in beats)
            beat(state);
    }

    private sealed class Pipes(UpgradeHandover handover) : IDuplexPipe
    {
        public PipeReader Input { get; } = new Reader(handover._transport.Input, handover);

        public PipeWriter Output { get; } = new Writer(handover._transport.Output, handover);
    }

    private sealed class Reader(PipeReader reader, UpgradeHandover handover) : PipeReader
    {
        public override ValueTask<ReadResult> ReadAsync(CancellationToken cancellationToken = default) => reader.ReadAsync(cancellationToken);

        public override bool TryRead(out ReadResult result) => reader.TryRead(out result);

        public override void AdvanceTo(SequencePosition consumed) => reader.AdvanceTo(consumed);

        public override void AdvanceTo(SequencePosition consumed, SequencePosition examined) => reader.AdvanceTo(consumed, examined);

        public override void CancelPendingRead() => reader.CancelPendingRead();

        public override void Complete(Exception? exception = null)
        {
            if (!handover._isTaken)
                reader.Complete(exception);
        }

        public override ValueTask CompleteAsync(Exception? exception = null) => handover._isTaken ? default : reader.CompleteAsync(exception);

        protected override ValueTask<ReadResult> ReadAtLeastAsyncCore(int minimumSize, CancellationToken cancellationToken) =>
            reader.ReadAtLeastAsync(minimumSize, cancellationToken);
    }

    private sealed class Writer(PipeWriter writer, UpgradeHandover handover) : PipeWriter
    {
        public override bool CanGetUnflushedBytes => writer.CanGetUnflushedBytes;

        public override long UnflushedBytes => writer.UnflushedBytes;

        public override void Advance(int bytes) => writer.Advance(bytes);

        public override Memory<byte> GetMemory(int sizeHint = 0) => writer.GetMemory(sizeHint);

        public override Span<byte> GetSpan(int sizeHint = 0) => writer.GetSpan(sizeHint);

        public override ValueTask<FlushResult> FlushAsync(CancellationToken cancellationToken = default) => writer.FlushAsync(cancellationToken);

        public override ValueTask<FlushResult> WriteAsync(ReadOnlyMemory<byte> source, CancellationToken cancellationToken = default) =>
            writer.WriteAsync(source, cancellationToken);

        public override void CancelPendingFlush() => writer.CancelPendingFlush();

        public override void Complete(Exception? exception = null)
        {
            if (!handover._isTaken)
                writer.Complete(exception);
        }

        public override ValueTask CompleteAsync(Exception? exception = null) => handover._isTaken ? default : writer.CompleteAsync(exception);
    }
}

internal static class UpgradeHandovers
{
    /// <summary>For all addresses that are configured after this call.</summary>
    public static void UseUpgradeHandover(this KestrelServerOptions kestrel) =>
        kestrel.ConfigureEndpointDefaults(address => address.Use(UpgradeHandover.Use));
}
