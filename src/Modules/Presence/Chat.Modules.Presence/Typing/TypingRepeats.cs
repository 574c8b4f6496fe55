using Chat.BuildingBlocks.Ids;
using Microsoft.Extensions.Options;

namespace Chat.Modules.Presence.Typing;

/// <summary>Detects a device's repetitions of the same typing state.</summary>
internal sealed class TypingRepeats(IOptions<PresenceOptions> options, TimeProvider clock)
{
    private readonly TimeSpan _repeatAfter = TimeSpan.FromMilliseconds(options.Value.TypingRepeatAfterMs);
    private readonly int _max = options.Value.MaxTypingStates;
    private readonly Lock _lock = new();

    // Both are written under _lock, by IsRepeat only. The queue has the states by time; entries that were replaced since are skipped.
    private readonly Dictionary<(DeviceAddress, ConversationId), (bool Active, long At)> _states = [];
    private readonly Queue<((DeviceAddress, ConversationId) Of, long At)> _oldest = [];

    /// <summary>Whether the device sent the same state recently; if not, the state is remembered.</summary>
    public bool IsRepeat(DeviceAddress device, ConversationId conversation, bool active)
    {
        var of = (device, conversation);
        lock (_lock)
        {
            var now = clock.GetTimestamp();
            // Two for each call: removing all lapsed states at once could take long.
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
