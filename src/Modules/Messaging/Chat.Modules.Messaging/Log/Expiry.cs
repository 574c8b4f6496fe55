using Chat.Modules.Messaging.Contracts;

namespace Chat.Modules.Messaging.Log;

/// <summary>Which entries are over: messages that have expired, or are older than messages are kept, and changes of those. The log shows them as holes, whether they are erased yet or not.</summary>
/// <param name="keptFor">How long messages are kept; <see cref="TimeSpan.Zero"/> for ever.</param>
internal sealed class Expiry(TimeProvider clock, TimeSpan keptFor = default)
{
    private readonly long _keptMs = (long)keptFor.TotalMilliseconds;

    /// <summary>Whether age alone ends messages.</summary>
    public bool EndsByAge => _keptMs > 0;

    /// <summary>The server's clock, in Unix ms.</summary>
    public long Now => clock.GetUtcNow().ToUnixTimeMilliseconds();

    /// <summary>Messages up to this activity are older than messages are kept; the lowest where they are kept for ever.</summary>
    public Activity EndedUpTo => EndsByAge ? Activity.At(Now - _keptMs) : Activity.Lowest;

    /// <summary>The entry as readers see it.</summary>
    public LoggedMessage Show(LoggedMessage entry) => IsOver(entry) ? entry with { Content = entry.Content.ToErased(), State = null } : entry;

    public bool IsOver(LoggedMessage entry) =>
        (entry.Content.ExpiresAt is { } expiresAt && expiresAt.ToUnixTimeMilliseconds() <= Now)
        || (EndsByAge && (entry.Content.Change is { } change ? IsTooOld(Activity.Of(change.Target.Id)) : entry.Content.IsMessagePlace && IsTooOld(Activity.Of(entry.Id))));

    /// <summary>As <see cref="IsOver(LoggedMessage)"/>, of a message.</summary>
    /// <param name="expiresAt">In Unix ms; null for never.</param>
    public bool IsOver(long? expiresAt, Activity activity) => (expiresAt is { } time && time <= Now) || (EndsByAge && IsTooOld(activity));

    private bool IsTooOld(Activity activity) => activity.UnixMs + _keptMs <= Now;
}
