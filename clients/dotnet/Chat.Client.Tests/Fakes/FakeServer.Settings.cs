namespace Chat.Client.Tests.Fakes;

// Alice's own settings, by the contract's words alone (docs/protocol.md, Own settings).
internal sealed partial class FakeServer
{
    private readonly Dictionary<string, Own> _settings = [];

    /// <summary>Changes settings, as another device does, or this one through REST; the open connection is told.</summary>
    /// <returns>All of them, as they count now.</returns>
    public OwnSettings Set(string id, OwnSettings change)
    {
        lock (_gate)
        {
            var own = _settings.GetValueOrDefault(id) ?? new Own();
            var cleared = Math.Max(own.ClearedUpTo, change.ClearedUpTo ?? 0);
            _settings[id] = own with
            {
                MutedUntil = change.MutedUntil ?? own.MutedUntil,
                // What stands above what is cleared in the same call brings it back.
                ArchivedAt = change.Archived is { } archived ? (archived ? change.ClearedUpTo ?? Top(id) : null) : own.ArchivedAt,
                Pinned = change.Pinned ?? own.Pinned,
                UnreadAt = change.MarkedUnread is { } unread ? (unread ? Read(id) : null) : own.UnreadAt,
                ClearedUpTo = cleared,
                Draft = change.Draft ?? own.Draft,
            };
            var now = SettingsOf(id);
            var all = SettingsRules.AllOf(now);
            if (Connections.LastOrDefault() is { IsClosed: false } open)
            {
                open.Push(new SettingsChanged(id, new OwnSettings
                {
                    MutedUntil = change.MutedUntil is null ? null : all.MutedUntil,
                    Archived = change.Archived is null ? null : all.Archived,
                    Pinned = change.Pinned is null ? null : all.Pinned,
                    MarkedUnread = change.MarkedUnread is null ? null : all.MarkedUnread,
                    ClearedUpTo = change.ClearedUpTo is null ? null : all.ClearedUpTo,
                    Draft = change.Draft is null ? null : all.Draft,
                }));
            }
            return now;
        }
    }

    /// <summary>The settings as they count now, what is not set left out.</summary>
    public OwnSettings SettingsOf(string id)
    {
        lock (_gate)
        {
            var own = _settings.GetValueOrDefault(id) ?? new Own();
            var isMuted = own.MutedUntil > clock.GetUtcNow();
            var hasNext = (_log.GetValueOrDefault(id) ?? []).Exists(message => message.SeqNo > own.ArchivedAt);
            return new OwnSettings
            {
                MutedUntil = isMuted ? own.MutedUntil : null,
                Archived = own.ArchivedAt is not null && (isMuted || !hasNext) ? true : null,
                Pinned = own.Pinned ? true : null,
                MarkedUnread = own.UnreadAt is { } at && at >= Read(id) ? true : null,
                ClearedUpTo = own.ClearedUpTo > 0 ? own.ClearedUpTo : null,
                Draft = string.IsNullOrEmpty(own.Draft) ? null : own.Draft,
            };
        }
    }

    /// <summary>The highest place of a conversation.</summary>
    public long TopOf(string id) => Top(id);

    private long ClearedUpTo(string id) => _settings.GetValueOrDefault(id)?.ClearedUpTo ?? 0;

    /// <summary>Whether a list has it: what is archived and cleared is in neither.</summary>
    private bool IsIn(string id, bool archived) => SettingsOf(id) is { Archived: true } settings
        ? archived && !(settings.ClearedUpTo > 0 && Log(id).Count == 0)
        : !archived;

    private sealed record Own(
        DateTimeOffset? MutedUntil = null, long? ArchivedAt = null, bool Pinned = false, long? UnreadAt = null, long ClearedUpTo = 0, string? Draft = null);
}
