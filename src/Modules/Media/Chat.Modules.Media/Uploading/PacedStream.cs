using System.Buffers;
using System.IO.Pipelines;

namespace Chat.Modules.Media.Uploading;

/// <summary>A request's body whose client must bring something, and in time. Reads throw <see cref="UploadEndedException"/> where it does not.</summary>
internal sealed class PacedStream : ReadOnlyStream
{
    private readonly PipeReader _body;
    private readonly MediaOptions _options;
    private readonly TimeProvider _clock;
    private readonly long _started;
    private readonly ITimer _stall;
    private long _bytes;

    public PacedStream(PipeReader body, MediaOptions options, TimeProvider clock)
    {
        (_body, _options, _clock, _started) = (body, options, clock, clock.GetTimestamp());
        _stall = clock.CreateTimer(_ => body.CancelPendingRead(), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        _stall.Change(_options.StallTimeout, Timeout.InfiniteTimeSpan);
        // The server cannot go on with a body whose read was cancelled by a token.
        await using var cancellation = cancellationToken.UnsafeRegister(static body => ((PipeReader)body!).CancelPendingRead(), _body);
        var result = await _body.ReadAsync(CancellationToken.None);
        _stall.Change(Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        var read = (int)Math.Min(buffer.Length, result.Buffer.Length);
        result.Buffer.Slice(0, read).CopyTo(buffer.Span);
        _body.AdvanceTo(result.Buffer.GetPosition(read));
        _bytes += read;
        if (read == 0)
            cancellationToken.ThrowIfCancellationRequested();
        // Before the first stall could have ended it, no upload is slow.
        if ((result.IsCanceled && read == 0)
            || (_clock.GetElapsedTime(_started) is var elapsed && elapsed > _options.StallTimeout && _bytes < elapsed.TotalSeconds * _options.MinBytesPerSecond))
            throw new UploadEndedException(UploadErrors.TooSlow);
        return read;
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
            _stall.Dispose();
        base.Dispose(disposing);
    }
}
