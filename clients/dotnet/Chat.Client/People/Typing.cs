using System.Collections.Immutable;

namespace Chat.Client;

/// <summary>Who is typing now. On the loop; <see cref="Now"/> from any thread.</summary>
internal sealed class Typing : IDisposable
{
    private static readonly TimeSpan Lasts = TimeSpan.FromSeconds(6);
    private static readonly TimeSpan SendEvery = TimeSpan.FromSeconds(3);

    private readonly CurrentConnection _current;
    private readonly TimeProvider _clock;
    private readonly Action _changed;
    private readonly Alarm _alarm;
    private readonly Dictionary<(string Conversation, string User), DateTimeOffset> _ends = [];
    private readonly Dictionary<string, DateTimeOffset> _sentAt = [];
    private volatile ImmutableDictionary<string, ImmutableArray<string>> _now = ImmutableDictionary<string, ImmutableArray<string>>.Empty;

    public Typing(Loop loop, CurrentConnection current, Background background, TimeProvider clock, Action changed)
    {
        (_current, _clock, _changed) = (current, clock, changed);
        _alarm = new Alarm(clock, () => background.Run("Ending typing", _ => loop.RunAsync(Refresh)));
    }

    /// <summary>By conversation, the users who are typing, in order.</summary>
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

    /// <summary>The user is typing, or has stopped. Sent at most every 3 s, and never stored.</summary>
    public void Tell(string conversationId, bool active)
    {
        var now = _clock.SteadyNow();
        if (_current.Current is not { } connection)
            return;
        if (!active)
        {
            if (_sentAt.Remove(conversationId))
                connection.Post(new TypingFrame(conversationId, false));
            return;
        }
        if (_sentAt.TryGetValue(conversationId, out var last) && now - last < SendEvery)
            return;
        _sentAt[conversationId] = now;
        connection.Post(new TypingFrame(conversationId, true));
    }

    /// <summary>The user has sent the message, which ends the typing for the others.</summary>
    public void Sent(string conversationId) => _sentAt.Remove(conversationId);

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
