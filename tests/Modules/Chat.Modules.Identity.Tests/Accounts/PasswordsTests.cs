using System.Diagnostics.Metrics;
using Chat.Modules.Identity.Accounts;
using Chat.Testing;
using Microsoft.Extensions.Options;

namespace Chat.Modules.Identity.Tests.Accounts;

public sealed class PasswordsTests : IDisposable
{
    private readonly TestMeters _meters = new();

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_hash_knows_its_password_alone()
    {
        using var passwords = New(100_000, _meters);
        var hash = (await passwords.HashAsync("correct horse", Ct)).Value;

        Assert.Equal(PasswordCheck.Right, (await passwords.CheckAsync(hash, "correct horse", Ct)).Value);
        Assert.Equal(PasswordCheck.Wrong, (await passwords.CheckAsync(hash, "Correct horse", Ct)).Value);
        Assert.NotEqual(hash, (await passwords.HashAsync("correct horse", Ct)).Value);
    }

    [Fact]
    public async Task Nobody_s_hash_is_of_the_same_cost_and_knows_no_password()
    {
        using var passwords = New(100_000, _meters);
        var somebodys = Convert.FromBase64String((await passwords.HashAsync("correct horse", Ct)).Value);

        Assert.Equal(somebodys[..13], Convert.FromBase64String(Passwords.MakeDummyHash(100_000))[..13]);
        Assert.Equal(PasswordCheck.Wrong, (await passwords.CheckAsync(null, "", Ct)).Value);
    }

    [Fact]
    public async Task A_hash_of_fewer_rounds_is_right_but_old()
    {
        using var few = New(100_000, _meters);
        using var many = New(100_001, _meters);
        var hash = (await few.HashAsync("correct horse", Ct)).Value;

        Assert.Equal(PasswordCheck.RightButOld, (await many.CheckAsync(hash, "correct horse", Ct)).Value);
        Assert.Equal(PasswordCheck.Wrong, (await many.CheckAsync(hash, "wrong", Ct)).Value);
    }

    [Fact]
    public async Task Beyond_those_that_may_wait_a_password_is_refused_unchecked()
    {
        // More than the cores can have begun, while at most one waits.
        using var passwords = New(500_000, _meters, maxWaiting: 1);

        var results = await Task.WhenAll(Enumerable.Range(0, Environment.ProcessorCount + 4).Select(_ => passwords.HashAsync("correct horse", Ct)));

        var refused = results.Where(result => !result.IsOk).ToList();
        Assert.NotEmpty(refused);
        Assert.All(refused, result => Assert.Equal("unavailable", result.Error?.Code));
        Assert.Contains(results, result => result.IsOk);
    }

    public void Dispose() => _meters.Dispose();

    private static Passwords New(int iterations, IMeterFactory meters, int maxWaiting = 16) => new(
        Options.Create(new AuthOptions { PasswordIterations = iterations, MaxWaitingPasswords = maxWaiting }), meters, TimeProvider.System);
}
