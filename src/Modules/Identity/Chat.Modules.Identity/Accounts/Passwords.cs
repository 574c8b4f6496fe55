using System.Diagnostics.Metrics;
using System.Security.Cryptography;
using Chat.BuildingBlocks.Errors;
using Chat.Modules.Identity.Contracts;
using Microsoft.AspNetCore.Identity;
using Microsoft.Extensions.Options;

namespace Chat.Modules.Identity.Accounts;

/// <summary>The result of checking a password.</summary>
internal enum PasswordCheck
{
    Wrong,
    Right,

    /// <summary>Right, but the hash is outdated: fewer rounds, or another form of the password.</summary>
    RightButOld,
}

/// <summary>
/// Hashes and checks passwords. Each takes about a tenth of a second of one core, on a separate thread; at most half the cores are used at a time, so that
/// many logins do not slow down messages.
/// </summary>
internal sealed class Passwords : IDisposable
{
    private readonly PasswordHasher<string> _hasher;
    private readonly SemaphoreSlim _slots = new(Math.Max(1, Environment.ProcessorCount / 2));
    private readonly int _maxWaiting;
    private readonly string _dummyHash;
    private readonly Histogram<double> _time;
    private readonly Counter<long> _refused;
    private readonly TimeProvider _clock;
    private int _waiting;

    public Passwords(IOptions<AuthOptions> options, IMeterFactory meters, TimeProvider clock)
    {
        _clock = clock;
        _maxWaiting = options.Value.MaxWaitingPasswords;
        _hasher = new PasswordHasher<string>(Options.Create(new PasswordHasherOptions { IterationCount = options.Value.PasswordIterations }));
        _dummyHash = MakeDummyHash(options.Value.PasswordIterations);
        var meter = meters.Create("Chat");
        _time = meter.CreateHistogram<double>("chat.passwords.time", "s", "Time to hash or check a password, waiting included.");
        _refused = meter.CreateCounter<long>("chat.passwords.refused", description: "Passwords refused without a check because too many waited.");
        meter.CreateObservableUpDownCounter("chat.passwords.waiting", () => Volatile.Read(ref _waiting), description: "Passwords that wait.");
    }

    /// <summary>Hashes a password. Refusal: <c>unavailable</c> if too many wait.</summary>
    public Task<Result<string>> HashAsync(string password, CancellationToken ct) => RunAsync(() => _hasher.HashPassword("", PasswordRules.Normalise(password)), ct);

    /// <summary>Checks a password against a hash. Without a hash (no such account) it takes the same time and answers wrong. Refusal: <c>unavailable</c> if too many wait.</summary>
    public Task<Result<PasswordCheck>> CheckAsync(string? hash, string password, CancellationToken ct) => RunAsync(
        () =>
        {
            var normal = PasswordRules.Normalise(password);
            var check = Check(hash, normal);
            // Old hashes were made of the password as typed.
            return check == PasswordCheck.Wrong && normal != password && Check(hash, password) != PasswordCheck.Wrong ? PasswordCheck.RightButOld : check;
        },
        ct);

    public void Dispose() => _slots.Dispose();

    private PasswordCheck Check(string? hash, string password) => _hasher.VerifyHashedPassword("", hash ?? _dummyHash, password) switch
    {
        PasswordVerificationResult.Success when hash is not null => PasswordCheck.Right,
        PasswordVerificationResult.SuccessRehashNeeded when hash is not null => PasswordCheck.RightButOld,
        _ => PasswordCheck.Wrong,
    };

    private async Task<Result<T>> RunAsync<T>(Func<T> work, CancellationToken ct)
    {
        var started = _clock.GetTimestamp();
        if (Interlocked.Increment(ref _waiting) > _maxWaiting)
        {
            Interlocked.Decrement(ref _waiting);
            _refused.Add(1);
            return IdentityErrors.Busy;
        }
        try
        {
            await _slots.WaitAsync(ct);
        }
        finally
        {
            Interlocked.Decrement(ref _waiting);
        }
        try
        {
            // Not on the thread pool, which serves the messages.
            var done = await Task.Factory.StartNew(work, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
            _time.Record(_clock.GetElapsedTime(started).TotalSeconds);
            return done;
        }
        finally
        {
            _slots.Release();
        }
    }

    // A hash in the hasher's version 3 (0x01, function 2 = HMAC-SHA512, iterations, salt length, salt, key; big-endian) that no password matches.
    internal static string MakeDummyHash(int iterations)
    {
        Span<byte> hash = stackalloc byte[13 + 16 + 32];
        RandomNumberGenerator.Fill(hash[13..]);
        hash[0] = 1;
        System.Buffers.Binary.BinaryPrimitives.WriteInt32BigEndian(hash[1..], 2);
        System.Buffers.Binary.BinaryPrimitives.WriteInt32BigEndian(hash[5..], iterations);
        System.Buffers.Binary.BinaryPrimitives.WriteInt32BigEndian(hash[9..], 16);
        return Convert.ToBase64String(hash);
    }
}
