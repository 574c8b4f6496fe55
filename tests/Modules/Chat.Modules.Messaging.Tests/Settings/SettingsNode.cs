using Chat.BuildingBlocks.Ids;
using Chat.Modules.Messaging.Contracts;
using Chat.Modules.Messaging.Settings;
using Chat.Testing;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Time.Testing;

namespace Chat.Modules.Messaging.Tests.Settings;

/// <summary>A store that several nodes share, which counts how often it is read.</summary>
internal sealed class SharedSettings(TimeSpan maxAge) : IOwnSettingsStore
{
    private readonly Dictionary<(UserId User, ConversationId Conversation), OwnSettings> _settings = [];

    public TimeSpan MaxAge => maxAge;

    public int Reads { get; private set; }

    /// <summary>How often all that a user has archived and cleared was read.</summary>
    public int HiddenReads { get; private set; }

    /// <summary>How many rows of what users have archived and cleared were read.</summary>
    public int HiddenRows { get; private set; }

    /// <summary>Of the next save, which is stored all the same.</summary>
    public Exception? Fault { get; set; }

    public Task<IReadOnlyDictionary<ConversationId, OwnSettings>> ReadAsync(
        UserId user, IReadOnlyCollection<ConversationId> conversations, CancellationToken ct)
    {
        Reads++;
        return Task.FromResult<IReadOnlyDictionary<ConversationId, OwnSettings>>(
            conversations.Where(one => _settings.ContainsKey((user, one))).ToDictionary(one => one, one => _settings[(user, one)] with
            {
                ArchivedBelow = SeqNo.None, ClearedUpTo = SeqNo.None,
            }));
    }

    public Task<IReadOnlyDictionary<ConversationId, Hidden>> ReadHiddenAsync(UserId user, IReadOnlyCollection<ConversationId> conversations, CancellationToken ct) =>
        Task.FromResult<IReadOnlyDictionary<ConversationId, Hidden>>(Counted(conversations
            .Where(one => _settings.TryGetValue((user, one), out var settings) && HiddenOf(settings) != default).Select(one => (one, HiddenOf(_settings[(user, one)])))));

    public Task<IReadOnlyDictionary<ConversationId, Hidden>?> ReadHiddenAsync(UserId user, int limit, CancellationToken ct)
    {
        HiddenReads++;
        var hidden = Counted(_settings.Where(one => one.Key.User == user && HiddenOf(one.Value) != default).Select(one => (one.Key.Conversation, HiddenOf(one.Value))).Take(limit + 1));
        return Task.FromResult<IReadOnlyDictionary<ConversationId, Hidden>?>(hidden.Count > limit ? null : hidden);
    }

    private Dictionary<ConversationId, Hidden> Counted(IEnumerable<(ConversationId, Hidden)> rows)
    {
        var read = rows.ToDictionary(row => row.Item1, row => row.Item2);
        HiddenRows += read.Count;
        return read;
    }

    public Task SaveAsync(UserId user, ConversationId conversation, OwnSettingsChange change, CancellationToken ct)
    {
        var before = _settings.GetValueOrDefault((user, conversation), OwnSettings.None);
        _settings[(user, conversation)] = new OwnSettings(change.MutedUntil ?? before.MutedUntil)
        {
            ArchivedBelow = change.ArchivedBelow ?? before.ArchivedBelow,
            IsPinned = change.IsPinned ?? before.IsPinned,
            UnreadBelow = change.UnreadBelow ?? before.UnreadBelow,
            ClearedUpTo = SeqNo.Max(change.ClearedUpTo ?? SeqNo.None, before.ClearedUpTo),
            Draft = (change.Draft ?? before.Draft) is { Length: > 0 } draft ? draft : null,
        };
        return Fault is { } fault ? Task.FromException(fault) : Task.CompletedTask;
    }

    private static Hidden HiddenOf(OwnSettings settings) => new(settings.ArchivedBelow, settings.ClearedUpTo);
}

/// <summary>A server's own settings: what it keeps in memory, and how it hears of others' changes.</summary>
internal sealed class SettingsNode : IDisposable
{
    private readonly GetOwnSettingsHandler _query;

    public SettingsNode(IOwnSettingsStore store, FakeBus bus, TestMeters meters, FakeTimeProvider clock, int cached = 1_000)
    {
        Directory = new OwnSettingsDirectory(
            store, Mediator, bus, Options.Create(new MessagingOptions { CachedSettings = cached }), new MessagingMetrics(meters, clock), clock);
        Invalidator = new OwnSettingsInvalidator(Directory);
        _query = new GetOwnSettingsHandler(Directory, clock);
    }

    /// <summary>What the other modules answer, and what they are told.</summary>
    public FakeMediator Mediator { get; } = new();

    public OwnSettingsDirectory Directory { get; }

    public OwnSettingsInvalidator Invalidator { get; }

    public Task MuteAsync(UserId user, ConversationId conversation, DateTimeOffset until) =>
        Directory.ChangeAsync(user, conversation, new OwnSettingsChange(until), TestContext.Current.CancellationToken);

    public async Task<DateTimeOffset?> MutedUntilAsync(UserId user, ConversationId conversation) =>
        (await _query.Handle(new GetOwnSettings(user, conversation), TestContext.Current.CancellationToken)).MutedUntil;

    public void Dispose() => Directory.Dispose();
}
