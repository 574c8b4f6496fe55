using System.Collections.Concurrent;
using Chat.Client;
using Chat.EndToEnd.Tests.Running;

namespace Chat.EndToEnd.Tests.Scenarios;

/// <summary>The .NET library, in this process: a SQLite file for each device.</summary>
/// <param name="connections">Makes what opens a device's connections; null for the system's own.</param>
internal sealed class DotnetClients(ChatTransport transport, Func<HttpMessageHandler>? connections = null) : IScriptedClients
{
    private readonly string _folder = Directory.CreateTempSubdirectory("chat-scenario-").FullName;
    private readonly Dictionary<string, Device> _devices = [];

    public async Task OpenAsync(string device, Uri server, SignIn signIn)
    {
        var opened = _devices[device] = new Device(server, transport, Path.Combine(_folder, $"{device}.db"), connections?.Invoke() ?? new SocketsHttpHandler());
        await opened.OpenAsync();
        await (signIn.Register
            ? opened.It.RegisterAsync(signIn.UserId, signIn.Password)
            : opened.It.SignInAsync(signIn.UserId, signIn.Password));
    }

    public async Task SendAsync(string device, string to, IReadOnlyList<string> texts)
    {
        foreach (var text in texts)
            await _devices[device].It.SendAsync(to, text);
    }

    public async Task<string> CreateGroupAsync(string device, string title, IReadOnlyList<string> members) =>
        (await _devices[device].It.CreateGroupAsync(title, members)).ConversationId;

    public Task ReadAsync(string device, string conversationId) =>
        _devices[device].It.MarkReadAsync(conversationId, _devices[device].It.FindConversation(conversationId)!.MaxSeqNo);

    public Task MuteAsync(string device, string conversationId, bool always) =>
        _devices[device].It.MuteAsync(conversationId, always ? DateTimeOffset.MaxValue : null);

    public Task<string> ChangeAsync(string device, string conversationId, ScriptedChange change) => _devices[device].ChangeAsync(conversationId, change);

    public async Task ReloadAsync(string device)
    {
        await _devices[device].It.DisposeAsync();
        await _devices[device].OpenAsync();
    }

    public Task ReadHistoryAsync(string device, string conversationId) => _devices[device].ReadHistoryAsync(conversationId);

    public Task<DeviceState> StateAsync(string device) => _devices[device].StateAsync();

    public async ValueTask DisposeAsync()
    {
        foreach (var device in _devices.Values)
            await device.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    private sealed class Device(Uri server, ChatTransport transport, string store, HttpMessageHandler connections) : IAsyncDisposable
    {
        private readonly LastFirst _http = new(connections);
        private ChatClient? _client;

        public ChatClient It => _client ?? throw new InvalidOperationException("The device was not opened.");

        public async Task OpenAsync() =>
            _client = await ChatClient.OpenAsync(new() { Url = server, Transport = transport, Store = new SqliteStore(store), Handler = _http });

        public async Task ReadHistoryAsync(string conversationId)
        {
            _http.Holds = true;
            using var one = It.OpenTimeline(conversationId);
            using var other = It.OpenTimeline(conversationId);
            var reading = Task.WhenAll(one.LoadDownToAsync(1), ReadAsync(other));
            await Until.TrueAsync(() => _http.LetLastGo() & reading.IsCompleted, "the history is read");
            _http.Holds = false;
            await reading;

            static async Task ReadAsync(Timeline timeline)
            {
                await timeline.LoadOlderAsync();
                await timeline.LoadDownToAsync(1);
            }
        }

        /// <returns>What the message said before.</returns>
        public async Task<string> ChangeAsync(string conversationId, ScriptedChange change)
        {
            using var timeline = It.OpenTimeline(conversationId);
            await ReadAllAsync(timeline);
            Outgoing[] waiting = change.From == It.Session!.UserId ? [.. timeline.Outgoing] : [];
            if (change.Nth <= waiting.Length)
            {
                var outgoing = waiting[^change.Nth];
                await (change.Kind == "edit" ? It.EditAsync(outgoing, change.Text!) : It.DeleteAsync(outgoing));
                return outgoing.Text;
            }
            var message = timeline.Messages.Where(message => message.SenderId == change.From && message.Deleted is null).ElementAt(^(change.Nth - waiting.Length));
            await (change.Kind switch
            {
                "edit" => It.EditAsync(message, change.Text!),
                "delete" => It.DeleteAsync(message),
                "react" => It.ReactAsync(message, change.Emoji!, change.On),
                _ => It.PinAsync(message, change.On),
            });
            return message.Text;
        }

        public async Task<DeviceState> StateAsync()
        {
            var (connection, conversations) = (It.Connection, new List<ShownConversation>());
            foreach (var conversation in It.Conversations)
            {
                using var timeline = It.OpenTimeline(conversation.Id);
                await ReadAllAsync(timeline);
                conversations.Add(new ShownConversation(
                    conversation.Id, conversation.UnreadCount, conversation.ReadSeqNo, timeline.Outgoing.Count,
                    [.. timeline.Messages.Select(Shown)],
                    conversation.IsMuted(TimeProvider.System.GetUtcNow())));
            }
            return new DeviceState(connection.Status.ToString().ToLowerInvariant(), connection.CaughtUp, conversations);
        }

        public async ValueTask DisposeAsync()
        {
            if (_client is not null)
                await _client.DisposeAsync();
            _http.Dispose();
        }

        private static ShownMessage Shown(Message message) => new(
            message.SeqNo, message.MessageId, message.SenderId, message.Text, message.ChangedSeqNo, message.EditedAt?.ToUnixTimeMilliseconds(), message.Deleted?.By,
            message.Pinned, string.Join(' ', message.Reactions.Select(reaction => $"{reaction.Emoji}{reaction.Count}{(reaction.Mine ? "+" : "")}")));

        // Behind a bad wire a view shows what is here; what is missing shows in the comparison.
        private static async Task ReadAllAsync(Timeline timeline)
        {
            try
            {
                await timeline.LoadDownToAsync(1);
            }
            catch (ChatException e) when (e.Code == ErrorCodes.Network)
            {
                Assert.Same(e, timeline.Error);
            }
        }
    }

    /// <summary>Holds pages back, and lets the last one go first.</summary>
    private sealed class LastFirst(HttpMessageHandler connections) : DelegatingHandler(connections)
    {
        private readonly ConcurrentStack<TaskCompletionSource> _held = [];

        public bool Holds { get; set; }

        /// <returns>Always true.</returns>
        public bool LetLastGo()
        {
            if (_held.TryPop(out var last))
                last.SetResult();
            return true;
        }

        protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            var response = await base.SendAsync(request, cancellationToken);
            if (Holds && request.RequestUri!.AbsolutePath.EndsWith("/messages", StringComparison.Ordinal))
            {
                var held = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
                _held.Push(held);
                await held.Task.WaitAsync(cancellationToken);
            }
            return response;
        }
    }
}
