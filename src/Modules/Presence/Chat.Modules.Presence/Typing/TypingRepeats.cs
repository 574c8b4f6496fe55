using Chat.BuildingBlocks.Ids;
using Microsoft.Extensions.Options;

namespace Chat.Modules.Presence.Typing;

/// <summary>Tells a device's repeats of the same typing state from news.</summary>
internal sealed class TypingRepeats(IOptions<PresenceOptions> options, TimeProvider clock)
{
    private readonly TimeSpan _repeatAfter = TimeSpan.FromMilliseconds(options.Value.TypingRepeatAfterMs);
    private readonly int _max = options.Value.MaxTypingStates;
    private readonly Lock _lock = new();

    // Both change under _lock, by IsRepeat alone. The queue has the states in the order of their time; one that was replaced since is passed over.
    private readonly Dictionary<(DeviceAddress, ConversationId), (bool Active, long At)> _states = [];
    private readonly Queue<((DeviceAddress, ConversationId) Of, long At)> _oldest = [];

    /// <summary>Whether the same was said less than the time of a repeat ago; if not, it is remembered from now on.</summary>
    public bool IsRepeat(DeviceAddress device, ConversationId conversation, bool active)
    {
        var of = (device, conversation);
        lock (_lock)
        {
            var now = clock.GetTimestamp();
            // Two for each that comes: all that have lapsed may be very many, and others wait.
            for (var looks = 2; looks > 0 && _oldest.TryPeek(out var oldest) && HasLapsed(oldest.At, now); looks--)
                ForgetOldest();
            if (_states.TryGetValue(of, out var said) && said.Active == active && !HasLapsed(said.At, now))
                return true;
            if (_oldest.Count == _max)
                ForgetOldest();
            _states[of] = (active, now);
            _oldest.Enqueue((of, now));
            return false;
        }
    }

    private bool HasLapsed(long at, long now) => clock.GetElapsedTime(at, now) >= _repeatAfter;

    private void ForgetOldest()
    {
        var (of, at) = _oldest.Dequeue();
        if (_states.TryGetValue(of, out var said) && said.At == at)
            _states.Remove(of);
    }
}
