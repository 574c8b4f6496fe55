using System.Collections.Immutable;

namespace Chat.Client;

/// <summary>Whether a user is reachable.</summary>
/// <param name="Online">On some device, now.</param>
/// <param name="LastSeen">Not online: when it last was, if that may be known.</param>
public sealed record Presence(bool Online, DateTimeOffset? LastSeen);

/// <summary>The presence of the users that are watched. On the loop; <see cref="Of"/> from anywhere.</summary>
internal sealed class Presences : IDisposable
{
    public const int MostWatched = 500;

    // New acquaintances come in flocks: they are asked for together.
    private static readonly TimeSpan Gathering = TimeSpan.FromMilliseconds(200);

    private readonly Line _line;
    private readonly TimeProvider _clock;
    private readonly Action _changed;
    private readonly Alarm _alarm;
    private volatile ImmutableDictionary<string, Presence> _now = ImmutableDictionary<string, Presence>.Empty;
    private HashSet<string> _wanted = [];

    public Presences(Loop loop, Line line, Background background, TimeProvider clock, Action changed)
    {
        (_line, _clock, _changed) = (line, clock, changed);
        _alarm = new Alarm(clock, () => background.Run("Watching", _ => loop.RunAsync(AskAgain)));
    }

    public Presence? Of(string userId) => _now.GetValueOrDefault(userId);

    /// <summary>Watches these users, and no others.</summary>
    public void Watch(IEnumerable<string> userIds)
    {
        _wanted = [.. userIds];
        _now = _now.RemoveRange(_now.Keys.Where(user => !_wanted.Contains(user)));
        if (_line.Current is { } link)
            Ask(link);
        _changed();
    }

    public void LinkOpened(Link link) => Ask(link);

    /// <summary>The user shares a conversation that it did not before: who could not be seen may be seen now.</summary>
    public void Shared()
    {
        if (_wanted.Count > 0)
            _alarm.SetFor(_clock.SteadyNow() + Gathering);
    }

    public void Dispose() => _alarm.Dispose();

    /// <summary>Nobody tells any more.</summary>
    public void LinkClosed()
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
        if (_line.Current is not { } link)
            return;
        link.Watched.Clear();
        Ask(link);
    }

    private void Ask(Link link)
    {
        string[] added = [.. _wanted.Except(link.Watched)];
        string[] removed = [.. link.Watched.Except(_wanted)];
        if (added.Length == 0 && removed.Length == 0)
            return;
        link.Watched.ExceptWith(removed);
        link.Watched.UnionWith(added);
        link.Post(new PresenceFrame(added.Length > 0 ? added : null, removed.Length > 0 ? removed : null));
    }
}
