using Chat.BuildingBlocks.Ids;
using Chat.BuildingBlocks.Storage.Cql;
using Chat.Modules.Messaging.Contracts;
using Microsoft.Extensions.Options;

namespace Chat.Modules.Messaging.Settings;

/// <summary>
/// Tables <c>messaging_own_settings</c> and <c>messaging_hidden</c> (cql/0007-own-settings.cql, 0010-more-own-settings.cql). A change is written with the time as its timestamp, or with one
/// above that of the values it replaces: so it counts although the clock of the server that wrote before was ahead. Two servers that change the same setting at the same time do not
/// see each other's: the later clock wins, then the greater value. What was cleared is written with itself as its timestamp: the highest wins.
/// </summary>
internal sealed class CqlOwnSettingsStore(ICqlSession session, IOptions<MessagingOptions> options, TimeProvider clock) : IOwnSettingsStore
{
    public TimeSpan MaxAge { get; } = TimeSpan.FromMilliseconds(options.Value.MaxSettingsAgeMs);

    public async Task<IReadOnlyDictionary<ConversationId, OwnSettings>> ReadAsync(
        UserId user, IReadOnlyCollection<ConversationId> conversations, CancellationToken ct)
    {
        var settings = new Dictionary<ConversationId, OwnSettings>();
        if (conversations.Count > 0)
        {
            await ReadRowsAsync(
                new CqlStatement(
                    "SELECT conversation_id, muted_until, pinned, unread_below, draft FROM messaging_own_settings WHERE user_id = ? AND conversation_id IN ?",
                    user.Value, conversations.Select(one => one.Value).ToList()),
                row => settings[ConversationId.Parse(row.Get<string>(0))] = new OwnSettings(row.IsNull(1) ? null : row.Get<DateTimeOffset>(1))
                {
                    IsPinned = !row.IsNull(2) && row.Get<bool>(2),
                    UnreadBelow = PlaceOf(row, 3),
                    Draft = row.IsNull(4) || row.Get<string>(4) is "" ? null : row.Get<string>(4),
                },
                ct);
        }
        return settings;
    }

    public async Task<IReadOnlyDictionary<ConversationId, Hidden>> ReadHiddenAsync(
        UserId user, IReadOnlyCollection<ConversationId> conversations, CancellationToken ct) =>
        conversations.Count == 0 ? new Dictionary<ConversationId, Hidden>() : await ReadHiddenAsync(
            new CqlStatement(
                "SELECT conversation_id, archived_below, cleared_up_to FROM messaging_hidden WHERE user_id = ? AND conversation_id IN ?",
                user.Value, conversations.Select(one => one.Value).ToList()), ct);

    public async Task<IReadOnlyDictionary<ConversationId, Hidden>?> ReadHiddenAsync(UserId user, int limit, CancellationToken ct)
    {
        var hidden = await ReadHiddenAsync(
            new CqlStatement("SELECT conversation_id, archived_below, cleared_up_to FROM messaging_hidden WHERE user_id = ? LIMIT ?", user.Value, limit + 1), ct);
        return hidden.Count > limit ? null : hidden;
    }

    public async Task SaveAsync(UserId user, ConversationId conversation, OwnSettingsChange change, CancellationToken ct)
    {
        List<(string Column, object Value)> own = [];
        if (change.MutedUntil is { } mutedUntil)
            own.Add(("muted_until", mutedUntil));
        if (change.IsPinned is { } isPinned)
            own.Add(("pinned", isPinned));
        if (change.UnreadBelow is { } unreadBelow)
            own.Add(("unread_below", unreadBelow.Value));
        if (change.Draft is { } draft)
            own.Add(("draft", draft));
        var writes = await ToWritesAsync("messaging_own_settings", own, user, conversation, ct);
        var toHidden = change.ArchivedBelow is { } archivedBelow
            ? await ToWritesAsync("messaging_hidden", [("archived_below", archivedBelow.Value)], user, conversation, ct) : [];
        if (change.ClearedUpTo is { } cleared && cleared > SeqNo.None)
            toHidden.Add(ToWrite("messaging_hidden", ("cleared_up_to", cleared.Value), cleared.Value, user, conversation));
        foreach (var table in new[] { toHidden, writes })
        {
            if (table.Count > 0)
                await (table is [var only] ? session.ExecuteAsync(only, ct) : session.ExecuteBatchAsync(table, ct));
        }
    }

    private async Task<List<CqlStatement>> ToWritesAsync(
        string table, List<(string Column, object Value)> values, UserId user, ConversationId conversation, CancellationToken ct)
    {
        if (values.Count == 0)
            return [];
        var columns = string.Join(", ", values.Select(value => $"writetime({value.Column})"));
        var found = await session.ExecuteAsync(
            new CqlStatement($"SELECT {columns} FROM {table} WHERE user_id = ? AND conversation_id = ?", user.Value, conversation.Value), ct);
        var timestamp = clock.GetUtcNow().ToUnixTimeMilliseconds() * 1_000;
        if (found.Rows is [var row])
        {
            for (var i = 0; i < values.Count; i++)
                timestamp = row.IsNull(i) ? timestamp : Math.Max(timestamp, row.Get<long>(i) + 1);
        }
        return values.ConvertAll(value => ToWrite(table, value, timestamp, user, conversation));
    }

    private static CqlStatement ToWrite(string table, (string Column, object Value) value, long timestamp, UserId user, ConversationId conversation) => new(
        $"INSERT INTO {table} (user_id, conversation_id, {value.Column}) VALUES (?, ?, ?) USING TIMESTAMP ?",
        user.Value, conversation.Value, value.Value, timestamp);

    private async Task<Dictionary<ConversationId, Hidden>> ReadHiddenAsync(CqlStatement select, CancellationToken ct)
    {
        var hidden = new Dictionary<ConversationId, Hidden>();
        await ReadRowsAsync(select, row => hidden[ConversationId.Parse(row.Get<string>(0))] = new Hidden(PlaceOf(row, 1), PlaceOf(row, 2)), ct);
        return hidden;
    }

    private async Task ReadRowsAsync(CqlStatement statement, Action<CqlRow> take, CancellationToken ct)
    {
        for (CqlStatement? next = statement; next is not null;)
        {
            var page = await session.ExecuteAsync(next, ct);
            foreach (var row in page.Rows)
                take(row);
            next = page.PagingState is { } state ? next.After(state) : null;
        }
    }

    private static SeqNo PlaceOf(CqlRow row, int column) => row.IsNull(column) ? SeqNo.None : new SeqNo(row.Get<long>(column));
}
