using Chat.EndToEnd.Tests.Running;
using Microsoft.Extensions.Time.Testing;

namespace Chat.Client.Tests.Fakes;

/// <summary>A client of a <see cref="FakeServer"/>, its store and its clock.</summary>
internal sealed class Rig : IAsyncDisposable
{
    public const string Me = "alice";
    public const string Direct = "dm:alice:bob";
    public const string Group = "g:0123456789abcdef0123456789abcdef";

    private ChatClient? _client;

    public Rig()
    {
        Server = new FakeServer(Clock);
        Rest = new FakeRest(Server);
        Media.Clock = Clock.GetUtcNow;
    }

    public FakeTimeProvider Clock { get; } = new(DateTimeOffset.UnixEpoch.AddYears(56));

    public FakeServer Server { get; }

    public FakeRest Rest { get; }

    public FakeMedia Media => Rest.Media;

    public FlakyStore Store { get; } = new();

    public ChatClient Client => _client ?? throw new InvalidOperationException("Not open.");

    /// <summary>Opens the client, and signs alice in where nobody is.</summary>
    public static async Task<Rig> OnlineAsync(Action<FakeServer>? prepare = null)
    {
        var rig = new Rig();
        prepare?.Invoke(rig.Server);
        await rig.OpenAsync();
        await rig.Client.SignInAsync(Me, "password");
        await rig.CaughtUpAsync();
        return rig;
    }

    public async Task OpenAsync(IChatStore? store = null) => _client = await ChatClient.OpenAsync(new ChatClientOptions
    {
        Url = new Uri("http://chat.test"),
        Store = store ?? Store,
        Clock = Clock,
        Handler = Rest,
        Transports = Server.NewTransport,
        Random = new Middling(),
        Logger = new TestLog(),
    });

    public async Task CloseAsync()
    {
        await Client.DisposeAsync();
        _client = null;
    }

    public Task CaughtUpAsync() => Until.TrueAsync(
        () => Client.Connection is { Status: ConnectionStatus.Online, CaughtUp: true } && !Server.Current.IsClosed && Settled(),
        "the client has caught up", () => Client.Connection.ToString());

    /// <summary>Lets the pause after a loss go by, until the client is there again.</summary>
    public async Task ReconnectAsync(CloseReason reason = CloseReason.Lost)
    {
        var before = Server.Connections.Count;
        Server.Current.Close(reason);
        await AdvanceUntilAsync(() => Server.Connections.Count > before, "there is another connection");
        await CaughtUpAsync();
    }

    /// <summary>Lets time go by, a second after another, until something holds.</summary>
    public Task AdvanceUntilAsync(Func<bool> condition, string what) => Until.TrueAsync(() =>
    {
        if (condition())
            return true;
        Clock.Advance(TimeSpan.FromSeconds(1));
        return condition();
    }, what, () => $"{Client.Connection}; now {Clock.GetUtcNow():T}");

    /// <summary>What was asked of the client before has been done.</summary>
    public Task SettleAsync() => Client.MarkReadAsync(Direct, 0);

    /// <summary>Everything that was pushed has been taken.</summary>
    public Task TakenAsync(long seqNo, string conversation = Direct) =>
        AckedAsync(() => Server.Cursor(conversation) >= seqNo, $"{seqNo} is acked, the cursor being {Server.Cursor(conversation)}");

    /// <summary>Lets acks gather until something holds; slower than time itself, as all else has its own times.</summary>
    public Task AckedAsync(Func<bool> condition, string what)
    {
        var looks = 0;
        return Until.TrueAsync(() =>
        {
            if (!condition() && ++looks % 10 == 0)
                Clock.Advance(TimeSpan.FromMilliseconds(100));
            return condition();
        }, what);
    }

    public async Task<StoredConversation?> StoredAsync(string conversation = Direct) =>
        (await Store.OpenAsync(CancellationToken.None)).Conversations.FirstOrDefault(stored => stored.Id == conversation);

    /// <summary>The texts that lie in the store, by place.</summary>
    public async Task<string[]> TextsAsync(string conversation = Direct) =>
        [.. (await Store.ReadAsync(conversation, new SeqNoRange(1, long.MaxValue), int.MaxValue, CancellationToken.None)).Select(message => message.Text)];

    public IReadOnlyList<SendFrame> Sends => [.. Server.Said.OfType<SendFrame>()];

    public IReadOnlyList<AckFrame> Acks => [.. Server.Said.OfType<AckFrame>()];

    public async ValueTask DisposeAsync()
    {
        if (_client is not null)
            await _client.DisposeAsync();
    }

    // The list is read after each caughtUp, and last the archived conversations: what follows a test's own doing is not to be mixed with that.
    private bool Settled() => Rest.Asked.Count(asked => asked.StartsWith("GET /v1/conversations?", StringComparison.Ordinal) && asked.EndsWith("archived=true", StringComparison.Ordinal)) >= Server.Connections.Count
        || Server.RestFault is not null || Rest.ListRefusal is not null;

    private sealed class Middling : Random
    {
        public override double NextDouble() => 0.5;
    }
}
