using System.Collections.Concurrent;
using System.Net;

namespace Chat.Client.Tests.EndToEnd;

/// <summary>The way to a real server: it can be cut, held and robbed of a token in the body of a PATCH.</summary>
internal sealed class Wire : DelegatingHandler
{
    private readonly ConcurrentQueue<string> _calls = new();
    private readonly TaskCompletionSource _held = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _released = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _patches;

    public Wire() : base(new SocketsHttpHandler())
    {
    }

    /// <summary>After how many bytes the next PATCHes are cut, one after the other.</summary>
    public List<int> CutAfter { get; init; } = [];

    /// <summary>At how many bytes the next PATCH stands still, until it is released.</summary>
    public int? HoldAt { get; set; }

    /// <summary>Which PATCH, from 1, goes without its token.</summary>
    public int? LosesTokenOfPatch { get; init; }

    /// <summary>A PATCH stands still.</summary>
    public Task Held => _held.Task;

    public void Release() => _released.TrySetResult();

    public int Count(string method, string path) => _calls.Count(call => call.StartsWith($"{method} {path}", StringComparison.Ordinal));

    public override string ToString() => string.Join('\n', _calls);

    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        if (request.Method == HttpMethod.Patch)
        {
            if (Interlocked.Increment(ref _patches) == LosesTokenOfPatch)
                request.Headers.Authorization = null;
            else if (CutAfter is [var bytes, ..])
                request.Content = new Faulty(request.Content!, bytes, () => throw new IOException("The wire was cut."));
            else if (HoldAt is { } at)
                request.Content = new Faulty(request.Content!, at, HoldAsync);
            if (request.Content is Faulty && CutAfter.Count > 0)
                CutAfter.RemoveAt(0);
        }
        var call = $"{request.Method} {request.RequestUri!.AbsolutePath}";
        try
        {
            var answer = await base.SendAsync(request, cancellationToken);
            _calls.Enqueue($"{call} {(int)answer.StatusCode}");
            return answer;
        }
        catch (Exception e)
        {
            _calls.Enqueue($"{call} {e.Message}");
            throw;
        }
    }

    private async Task HoldAsync()
    {
        _held.TrySetResult();
        await _released.Task;
    }

    private sealed class Faulty : HttpContent
    {
        private readonly HttpContent _whole;
        private readonly int _at;
        private readonly Func<Task> _fault;

        public Faulty(HttpContent whole, int at, Func<Task> fault)
        {
            (_whole, _at, _fault) = (whole, at, fault);
            foreach (var header in whole.Headers)
                Headers.Add(header.Key, header.Value);
        }

        protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) => SerializeToStreamAsync(stream, context, CancellationToken.None);

        protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context, CancellationToken cancellationToken)
        {
            var bytes = await _whole.ReadAsByteArrayAsync(cancellationToken);
            var first = Math.Min(_at, bytes.Length);
            await stream.WriteAsync(bytes.AsMemory(0, first), cancellationToken);
            await stream.FlushAsync(cancellationToken);
            await _fault().WaitAsync(cancellationToken);
            await stream.WriteAsync(bytes.AsMemory(first), cancellationToken);
        }

        protected override bool TryComputeLength(out long length)
        {
            length = _whole.Headers.ContentLength!.Value;
            return true;
        }
    }
}
