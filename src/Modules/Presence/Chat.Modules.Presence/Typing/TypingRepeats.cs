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
            while (_oldest.TryPeek(out var oldest) && clock.GetElapsedTime(oldest.At, now) >= _repeatAfter)
                ForgetOldest();
            if (_states.TryGetValue(of, out var said) && said.Active == active)
                return true;
            if (_oldest.Count == _max)
                ForgetOldest();
            _states[of] = (active, now);
            _oldest.Enqueue((of, now));
            return false;
        }
    }

    private void ForgetOldest()
    {
        var (of, at) = _oldest.Dequeue();
        if (_states.TryGetValue(of, out var said) && said.At == at)
            _states.Remove(of);
    }
}
