using System.Collections.Immutable;

namespace Chat.Client;

/// <summary>Who is writing now. On the loop; <see cref="Now"/> from anywhere.</summary>
internal sealed class Typing : IDisposable
{
    private static readonly TimeSpan Lasts = TimeSpan.FromSeconds(6);
    private static readonly TimeSpan TellEvery = TimeSpan.FromSeconds(3);

    private readonly Line _line;
    private readonly TimeProvider _clock;
    private readonly Action _changed;
    private readonly Alarm _alarm;
    private readonly Dictionary<(string Conversation, string User), DateTimeOffset> _ends = [];
    private readonly Dictionary<string, DateTimeOffset> _told = [];
    private volatile ImmutableDictionary<string, ImmutableArray<string>> _now = ImmutableDictionary<string, ImmutableArray<string>>.Empty;

    public Typing(Loop loop, Line line, Background background, TimeProvider clock, Action changed)
    {
        (_line, _clock, _changed) = (line, clock, changed);
        _alarm = new Alarm(clock, () => background.Run("Ending typing", _ => loop.RunAsync(Refresh)));
    }

    /// <summary>By conversation, the users who are writing, in order.</summary>
    public ImmutableDictionary<string, ImmutableArray<string>> Now => _now;

    public void Show(TypingShown shown)
    {
        if (!shown.Active)
        {
            Ended(shown.ConversationId, shown.UserId);
            return;
        }
        _ends[(shown.ConversationId, shown.UserId)] = _clock.SteadyNow() + Lasts;
        Refresh();
    }

    public void Ended(string conversationId, string userId)
    {
        if (_ends.Remove((conversationId, userId)))
            Refresh();
    }

    /// <summary>The user writes, or has stopped. Told to the others at most every three seconds, and never kept.</summary>
    public void Tell(string conversationId, bool active)
    {
        var now = _clock.SteadyNow();
        if (_line.Current is not { } link)
            return;
        if (!active)
        {
            if (_told.Remove(conversationId))
                link.Post(new TypingFrame(conversationId, false));
            return;
        }
        if (_told.TryGetValue(conversationId, out var last) && now - last < TellEvery)
            return;
        _told[conversationId] = now;
        link.Post(new TypingFrame(conversationId, true));
    }

    /// <summary>The user has sent what was being written, which says that it is done.</summary>
    public void Sent(string conversationId) => _told.Remove(conversationId);

    public void Dispose() => _alarm.Dispose();

    private void Refresh()
    {
        var now = _clock.SteadyNow();
        foreach (var gone in _ends.Where(end => end.Value <= now).Select(end => end.Key).ToList())
            _ends.Remove(gone);
        _alarm.SetFor(_ends.Count == 0 ? null : _ends.Values.Min());
        _now = _ends.Keys.GroupBy(key => key.Conversation)
            .ToImmutableDictionary(users => users.Key, users => users.Select(key => key.User).Order(StringComparer.Ordinal).ToImmutableArray());
        _changed();
    }
}
