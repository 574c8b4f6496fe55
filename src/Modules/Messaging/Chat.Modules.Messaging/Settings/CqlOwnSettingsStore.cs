using Chat.BuildingBlocks.Ids;
using Chat.BuildingBlocks.Storage.Cql;
using Chat.Modules.Messaging.Contracts;
using Microsoft.Extensions.Options;

namespace Chat.Modules.Messaging.Settings;

/// <summary>
/// Table <c>messaging_own_settings</c> (cql/0007-own-settings.cql). A change is written with the time as its timestamp, or with one above that of the value it
/// replaces: so it counts although the clock of the server that wrote before was ahead. Two servers that change the same setting at the same time do not
/// see each other's: the later clock wins, then the greater value.
/// </summary>
internal sealed class CqlOwnSettingsStore(ICqlSession session, IOptions<MessagingOptions> options, TimeProvider clock) : IOwnSettingsStore
{
    public TimeSpan MaxAge { get; } = TimeSpan.FromMilliseconds(options.Value.MaxSettingsAgeMs);

    public async Task<IReadOnlyDictionary<ConversationId, OwnSettings>> ReadAsync(
        UserId user, IReadOnlyCollection<ConversationId> conversations, CancellationToken ct)
    {
        var settings = new Dictionary<ConversationId, OwnSettings>();
        CqlStatement? next = conversations.Count == 0 ? null : new(
            "SELECT conversation_id, muted_until FROM messaging_own_settings WHERE user_id = ? AND conversation_id IN ?",
            user.Value, conversations.Select(one => one.Value).ToList());
        while (next is not null)
        {
            var page = await session.ExecuteAsync(next, ct);
            foreach (var row in page.Rows)
                settings[ConversationId.Parse(row.Get<string>(0))] = new OwnSettings(row.IsNull(1) ? null : row.Get<DateTimeOffset>(1));
            next = page.PagingState is { } state ? next.After(state) : null;
        }
        return settings;
    }

    public async Task SaveAsync(UserId user, ConversationId conversation, OwnSettingsChange change, CancellationToken ct)
    {
        if (change.MutedUntil is not { } mutedUntil)
            return;
        var found = await session.ExecuteAsync(
            new CqlStatement(
                "SELECT writetime(muted_until) FROM messaging_own_settings WHERE user_id = ? AND conversation_id = ?", user.Value, conversation.Value),
            ct);
        var timestamp = clock.GetUtcNow().ToUnixTimeMilliseconds() * 1_000;
        if (found.Rows is [var row] && !row.IsNull(0))
            timestamp = Math.Max(timestamp, row.Get<long>(0) + 1);
        await session.ExecuteAsync(
            new CqlStatement(
                "INSERT INTO messaging_own_settings (user_id, conversation_id, muted_until) VALUES (?, ?, ?) USING TIMESTAMP ?",
                user.Value, conversation.Value, mutedUntil, timestamp),
            ct);
    }
}
