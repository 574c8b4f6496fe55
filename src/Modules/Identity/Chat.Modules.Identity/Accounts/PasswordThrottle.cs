using System.Diagnostics.Metrics;
using System.Net;
using Chat.BuildingBlocks.Errors;
using Chat.BuildingBlocks.Ids;
using Chat.BuildingBlocks.Mediation;
using Chat.Modules.Identity.Contracts;
using Chat.Modules.Identity.Store;
using Microsoft.Extensions.Options;

namespace Chat.Modules.Identity.Accounts;

/// <summary>
/// Limits how often one account's password is tried, over all addresses. After <see cref="AuthOptions.FreeGuesses"/> wrong attempts each further one must
/// wait twice as long as the one before, up to <see cref="AuthOptions.MaxGuessDelay"/>. Networks that the account was signed in from, and its known
/// devices, have counts of their own; all others share one. So strangers cannot lock the owner out.
/// </summary>
/// <remarks>
/// Kept in this process's memory, and forgotten after an hour without an attempt. An attempt counts when it begins, so concurrent ones do not get around
/// the limit. Ids without an account are limited as well.
/// </remarks>
internal sealed class PasswordThrottle
{
    private static readonly TimeSpan FirstDelay = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan ForgottenAfter = TimeSpan.FromHours(1);

    private readonly AuthOptions _options;
    private readonly bool _enabled;
    private readonly IDeviceStore _devices;
    private readonly TimeProvider _clock;
    private readonly Counter<long> _refused;
    private readonly Lock _gate = new();

    // Both guarded by _gate.
    private readonly LruCache<(UserId, string Source), Tries> _tries;
    private readonly LruCache<(UserId, IPAddress), bool> _networks;

    public PasswordThrottle(IOptions<AuthOptions> options, IOptions<RateLimitOptions> rates, IDeviceStore devices, IMeterFactory meters, TimeProvider clock)
    {
        (_options, _enabled, _devices, _clock) = (options.Value, rates.Value.Enabled, devices, clock);
        (_tries, _networks) = (new(_options.MaxTrackedGuesses), new(_options.MaxTrackedGuesses));
        _refused = meters.Create("Chat").CreateCounter<long>("chat.passwords.limited", description: "Passwords refused without a check because the account's password was tried too often.");
    }

    /// <summary>Counts an attempt, and admits it or refuses it with <c>rate_limited</c>.</summary>
    /// <param name="device">The device that the client names; null if none.</param>
    public async ValueTask<Result<PasswordAttempt>> AdmitAsync(UserId user, DeviceId? device, IPAddress network, CancellationToken ct)
    {
        if (!_enabled)
            return new PasswordAttempt(user, "", network);
        TimeSpan wait;
        lock (_gate)
        {
            var source = _networks.TryGet((user, network), out _) ? $"network {network}" : "";
            wait = TryBegin(user, source);
            if (wait == TimeSpan.Zero)
                return new PasswordAttempt(user, source, network);
        }
        // Checked last, since it costs a read.
        if (device is { } id && (await _devices.GetDevicesAsync(user, ct)).Any(known => known.Id == id))
        {
            lock (_gate)
            {
                if (TryBegin(user, $"device {id}") == TimeSpan.Zero)
                    return new PasswordAttempt(user, $"device {id}", network);
            }
        }
        _refused.Add(1);
        return IdentityErrors.TooManyGuesses(wait);
    }

    /// <summary>The attempt was right.</summary>
    public void Succeeded(PasswordAttempt guess)
    {
        lock (_gate)
        {
            _tries.Remove((guess.User, guess.Source));
            _networks.Set((guess.User, guess.Network), true);
        }
    }

    // Call under _gate. Zero if the attempt may begin, else the time to wait.
    private TimeSpan TryBegin(UserId user, string source)
    {
        var now = _clock.GetTimestamp();
        var count = 0;
        if (_tries.TryGet((user, source), out var tries) && _clock.GetElapsedTime(tries.Last, now) is var since && since < ForgottenAfter)
        {
            if (since < DelayAfter(tries.Count))
                return DelayAfter(tries.Count) - since;
            count = tries.Count;
        }
        _tries.Set((user, source), new Tries(count + 1, now));
        return TimeSpan.Zero;
    }

    private TimeSpan DelayAfter(int count)
    {
        if (count < _options.FreeGuesses)
            return TimeSpan.Zero;
        var delay = FirstDelay * Math.Pow(2, Math.Min(count - _options.FreeGuesses, 20));
        return delay < _options.MaxGuessDelay ? delay : _options.MaxGuessDelay;
    }

    private readonly record struct Tries(int Count, long Last);
}

/// <summary>An admitted attempt.</summary>
/// <param name="Source">The count that it belongs to.</param>
internal readonly record struct PasswordAttempt(UserId User, string Source, IPAddress Network);
