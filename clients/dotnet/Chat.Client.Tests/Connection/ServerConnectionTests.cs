using System.Threading.Channels;
using Microsoft.Extensions.Time.Testing;

namespace Chat.Client.Tests.Connection;

public sealed class ServerConnectionTests
{
    [Fact]
    public async Task A_transport_that_is_gone_in_the_middle_of_a_word_ends_the_link_and_fails_nobody()
    {
        var transport = new Gone();
        var connection = new ServerConnection(transport, new FakeTimeProvider());
        await connection.ConnectAsync(new Caller("alice", "token"), TestContext.Current.CancellationToken);
        connection.Post(new TypingFrame("dm:alice:bob", true));
        await transport.Saying;

        await connection.DisposeAsync();

        Assert.True(connection.Broken.IsCompleted);
    }

    /// <summary>Says nothing until it is disposed of, and then as SignalR does.</summary>
    private sealed class Gone : ITransport
    {
        private readonly TaskCompletionSource _saying = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private readonly TaskCompletionSource _disposed = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Task Saying => _saying.Task;

        public ChannelReader<ServerFrame> Frames { get; } = Channel.CreateUnbounded<ServerFrame>();

        public ConnectionEnd End => new(CloseReason.Lost, "gone");

        public Task ConnectAsync(Caller caller, CancellationToken ct) => Task.CompletedTask;

        public async Task SendAsync(IClientFrame frame, CancellationToken ct)
        {
            _saying.TrySetResult();
            await _disposed.Task;
            throw new ObjectDisposedException(nameof(Gone));
        }

        public ValueTask DisposeAsync()
        {
            _disposed.TrySetResult();
            return ValueTask.CompletedTask;
        }
    }
}
