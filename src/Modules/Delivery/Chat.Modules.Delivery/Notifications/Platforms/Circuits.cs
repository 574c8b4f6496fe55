namespace Chat.Modules.Delivery.Notifications.Platforms;

/// <summary>
/// The circuits of one platform, by address. Those that did not answer the last notification share a few places, so that addresses which never answer hold up nobody else.
/// When there are <paramref name="maxAddresses"/>, those are forgotten; if that frees too few, all that nothing is on its way to.
/// </summary>
/// <param name="maxRunning">Notifications on their way to one address.</param>
/// <param name="maxUnproven">Notifications on their way to all unproven addresses together.</param>
internal sealed class Circuits(int maxRunning, int maxUnproven, int maxAddresses, PlatformOptions options, TimeProvider clock)
{
    private static readonly TimeSpan Busy = TimeSpan.FromMilliseconds(500);

    private readonly Lock _gate = new();
    private readonly long _start = clock.GetTimestamp();

    // Under _gate.
    private readonly Dictionary<string, Circuit> _byAddress = new(StringComparer.Ordinal);
    private int _unproven;

    /// <summary>Addresses that are remembered.</summary>
    public int Count
    {
        get
        {
            lock (_gate)
                return _byAddress.Count;
        }
    }

    /// <summary>Addresses that are left alone.</summary>
    public int Open
    {
        get
        {
            lock (_gate)
                return _byAddress.Values.Count(circuit => circuit.IsOpen);
        }
    }

    /// <summary>Sends unless the address is left alone, or too much is on its way.</summary>
    /// <exception cref="OperationCanceledException">By the caller.</exception>
    public async Task<PushOutcome> SendAsync(string address, Func<Task<PushOutcome>> send)
    {
        var (circuit, isUnproven, tooEarly) = Enter(address);
        if (tooEarly is not null)
            return tooEarly;
        PushOutcome? outcome = null;
        try
        {
            outcome = await send();
            return outcome;
        }
        finally
        {
            Leave(circuit!, isUnproven, outcome);
        }
    }

    private (Circuit? Circuit, bool IsUnproven, PushOutcome? TooEarly) Enter(string address)
    {
        lock (_gate)
        {
            if (!_byAddress.TryGetValue(address, out var circuit))
            {
                MakeRoom();
                _byAddress[address] = circuit = new Circuit();
            }
            var isUnproven = !circuit.IsProven;
            if (circuit.Running >= maxRunning || (isUnproven && _unproven >= maxUnproven))
                return (null, isUnproven, Circuit.NotTried(PushReason.RateLimited, Busy));
            if (circuit.Enter(clock.GetElapsedTime(_start)) is { } tooEarly)
                return (null, isUnproven, tooEarly);
            if (isUnproven)
                _unproven++;
            return (circuit, isUnproven, null);
        }
    }

    private void Leave(Circuit circuit, bool isUnproven, PushOutcome? outcome)
    {
        lock (_gate)
        {
            if (isUnproven)
                _unproven--;
            if (outcome is null or PushOutcome.Retry { NotTried: true })
                circuit.Abandon();
            else
                circuit.Leave(FailureOf(outcome), outcome is not PushOutcome.Retry { Status: 0 }, clock.GetElapsedTime(_start), options);
        }
    }

    // What says something of the address, and not only of this notification.
    private static string? FailureOf(PushOutcome outcome) => outcome switch
    {
        PushOutcome.Retry { OneDevice: true } => null,
        PushOutcome.Retry retry => retry.Reason,
        PushOutcome.Misconfigured wrong => wrong.Reason,
        PushOutcome.Refused { Reason: PushReason.BlockedAddress } blocked => blocked.Reason,
        _ => null,
    };

    private void MakeRoom()
    {
        if (_byAddress.Count < maxAddresses)
            return;
        Forget(circuit => !circuit.IsProven);
        // Otherwise each further new one would scan all.
        if (_byAddress.Count > maxAddresses * 0.9)
            Forget(_ => true);
    }

    private void Forget(Func<Circuit, bool> isOne)
    {
        foreach (var (address, circuit) in _byAddress)
        {
            if (circuit.Running == 0 && isOne(circuit))
                _byAddress.Remove(address);
        }
    }
}
