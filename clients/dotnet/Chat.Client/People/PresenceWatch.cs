using System.Collections.Immutable;

namespace Chat.Client;

/// <summary>Whether a user is online.</summary>
/// <param name="Online">On any device.</param>
/// <param name="LastSeen">Offline: when last online, if it is visible.</param>
public sealed record Presence(bool Online, DateTimeOffset? LastSeen);

/// <summary>The presence of the watched users. On the loop; <see cref="Of"/> from any thread.</summary>
internal sealed class PresenceWatch : IDisposable
{
    public const int MaxWatched = 500;

    // New conversations often come together; presence is asked for once for all of them.
    private static readonly TimeSpan Delay = TimeSpan.FromMilliseconds(200);

    private readonly CurrentConnection _current;
    private readonly TimeProvider _clock;
    private readonly Action _changed;
    private readonly Alarm _alarm;
    private volatile ImmutableDictionary<string, Presence> _now = ImmutableDictionary<string, Presence>.Empty;
    private HashSet<string> _wanted = [];

    public PresenceWatch(Loop loop, CurrentConnection current, Background background, TimeProvider clock, Action changed)
    {
        (_current, _clock, _changed) = (current, clock, changed);
        _alarm = new Alarm(clock, () => background.Run("Watching", _ => loop.RunAsync(AskAgain)));
    }

    public Presence? Of(string userId) => _now.GetValueOrDefault(userId);

    /// <summary>Watches these users, and no others.</summary>
    public void Watch(IEnumerable<string> userIds)
    {
        _wanted = [.. userIds];
        _now = _now.RemoveRange(_now.Keys.Where(user => !_wanted.Contains(user)));
        if (_current.Current is { } connection)
            Ask(connection);
        _changed();
    }

    public void ConnectionOpened(ServerConnection connection) => Ask(connection);

    /// <summary>There is a new shared conversation: users may be visible now who were not before.</summary>
    public void Shared()
    {
        if (_wanted.Count > 0)
            _alarm.SetFor(_clock.SteadyNow() + Delay);
    }

    public void Dispose() => _alarm.Dispose();

    /// <summary>The connection has ended.</summary>
    public void ConnectionClosed()
    {
        _now = _now.Clear();
        _changed();
    }

    public void Show(PresenceShown shown)
    {
        if (!_wanted.Contains(shown.UserId))
            return;
        _now = _now.SetItem(shown.UserId, new Presence(shown.Online, shown.LastSeen));
        _changed();
    }

    private void AskAgain()
    {
        if (_current.Current is not { } connection)
            return;
        connection.Watched.Clear();
        Ask(connection);
    }

    private void Ask(ServerConnection connection)
    {
        string[] added = [.. _wanted.Except(connection.Watched)];
        string[] removed = [.. connection.Watched.Except(_wanted)];
        if (added.Length == 0 && removed.Length == 0)
            return;
        connection.Watched.ExceptWith(removed);
        connection.Watched.UnionWith(added);
        connection.Post(new PresenceFrame(added.Length > 0 ? added : null, removed.Length > 0 ? removed : null));
    }
}
