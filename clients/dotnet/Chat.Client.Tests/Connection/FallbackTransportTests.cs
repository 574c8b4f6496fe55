using System.Net.WebSockets;
using System.Threading.Channels;
using Chat.EndToEnd.Tests.Running;
using Microsoft.Extensions.Time.Testing;

namespace Chat.Client.Tests.Connection;

public sealed class FallbackTransportTests
{
    private readonly FakeTimeProvider _clock = new();
    private readonly List<string> _tried = [];

    [Fact]
    public async Task A_way_that_is_refused_is_followed_by_the_next()
    {
        await using var ways = Ways(Refused(ChatException.NoAnswer(new WebSocketException("no upgrade"))), Good());

        await ways.ConnectAsync(new Caller("alice", "token"), CancellationToken.None);

        Assert.Equal(["1", "2"], _tried);
        Assert.IsType<Welcome>(await ways.Frames.ReadAsync(CancellationToken.None));
    }

    [Fact]
    public async Task A_way_that_opens_and_brings_nothing_is_left_for_the_next_and_the_last_has_all_the_time()
    {
        var (held, last) = (Silent(), Silent());
        await using var ways = Ways(held, last);

        var connecting = ways.ConnectAsync(new Caller("alice", "token"), CancellationToken.None);
        await Until.TrueAsync(() => held.IsOpen, "the first is open");
        _clock.Advance(FallbackTransport.FirstFrameTimeout);
        await Until.TrueAsync(() => last.IsOpen, "the second is open");
        _clock.Advance(FallbackTransport.FirstFrameTimeout * 2);
        Assert.True(held.IsDisposed);
        Assert.False(connecting.IsCompleted);

        last.Push(new Welcome("alice", "d", "e"));
        await connecting;
    }

    [Fact]
    public async Task What_the_server_itself_refuses_is_not_tried_another_way()
    {
        foreach (var refusal in new[]
        {
            new ChatException(ErrorCodes.Unauthenticated, "no"), new ChatException(ErrorCodes.Unavailable, "later"),
            ChatException.NoAnswer(new HttpRequestException("no server")),
        })
        {
            _tried.Clear();
            await using var ways = Ways(Refused(refusal), Good());
            Assert.Same(refusal, await Assert.ThrowsAsync<ChatException>(() => ways.ConnectAsync(new Caller("alice", "token"), CancellationToken.None)));
            Assert.Equal(["1"], _tried);
        }
    }

    [Fact]
    public async Task An_end_that_says_why_is_the_connections_end()
    {
        var replaced = Silent();
        replaced.Close(CloseReason.Replaced);
        await using var ways = Ways(replaced, Good());

        await ways.ConnectAsync(new Caller("alice", "token"), CancellationToken.None);

        Assert.Equal(CloseReason.Replaced, ways.End.Reason);
        Assert.Equal(["1"], _tried);
    }

    private FallbackTransport Ways(params Way[] ways) => new([.. ways.Select((way, i) => new Func<ITransport>(() =>
    {
        _tried.Add($"{i + 1}");
        return way;
    }))], _clock);

    private static Way Refused(ChatException e) => new() { Refusal = e };

    private static Way Silent() => new();

    private static Way Good()
    {
        var way = new Way();
        way.Push(new Welcome("alice", "d", "e"));
        return way;
    }

    private sealed class Way : ITransport
    {
        private readonly Channel<ServerFrame> _frames = Channel.CreateUnbounded<ServerFrame>();

        public ChatException? Refusal { get; init; }

        public bool IsOpen { get; private set; }

        public bool IsDisposed { get; private set; }

        public ChannelReader<ServerFrame> Frames => _frames.Reader;

        public ConnectionEnd End { get; private set; } = new(CloseReason.Lost, "closed here");

        public void Push(ServerFrame frame) => _frames.Writer.TryWrite(frame);

        public void Close(CloseReason reason)
        {
            End = new ConnectionEnd(reason, "scripted");
            _frames.Writer.TryComplete();
        }

        public Task ConnectAsync(Caller caller, CancellationToken ct)
        {
            IsOpen = Refusal is null;
            return Refusal is null ? Task.CompletedTask : throw Refusal;
        }

        public Task SendAsync(IClientFrame frame, CancellationToken ct) => Task.CompletedTask;

        public ValueTask DisposeAsync()
        {
            IsDisposed = true;
            return ValueTask.CompletedTask;
        }
    }
}
