using Chat.BuildingBlocks.Ids;
using Chat.Modules.Identity.Store;

namespace Chat.Modules.Identity.Tests.Store;

/// <summary>What every store of accounts promises.</summary>
public abstract class AccountStoreContract
{
    private static readonly UserId Alice = UserId.Parse("alice");

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    private protected abstract IAccountStore Store { get; }

    [Fact]
    public async Task An_account_is_found_by_its_exact_id()
    {
        Assert.True(await Store.AddAsync(Alice, "hash", Ct));

        Assert.Equal("hash", await Store.FindPasswordHashAsync(Alice, Ct));
        Assert.Null(await Store.FindPasswordHashAsync(UserId.Parse("Alice"), Ct));
    }

    [Fact]
    public async Task A_taken_id_stays_as_it_was()
    {
        await Store.AddAsync(Alice, "first", Ct);

        Assert.False(await Store.AddAsync(Alice, "second", Ct));

        Assert.Equal("first", await Store.FindPasswordHashAsync(Alice, Ct));
    }

    [Fact]
    public async Task An_id_that_looks_like_a_taken_one_is_taken()
    {
        await Store.AddAsync(UserId.Parse("Dv0."), "first", Ct);

        Assert.False(await Store.AddAsync(UserId.Parse("DV0"), "second", Ct));
        Assert.False(await Store.AddAsync(UserId.Parse("dv0..."), "second", Ct));
        Assert.Null(await Store.FindPasswordHashAsync(UserId.Parse("dv0"), Ct));
        Assert.Equal("first", await Store.FindPasswordHashAsync(UserId.Parse("Dv0."), Ct));
        Assert.True(await Store.AddAsync(UserId.Parse("dv0-"), "another", Ct));
        Assert.True(await Store.AddAsync(UserId.Parse("d.v0"), "another", Ct));
    }

    [Fact]
    public async Task Of_many_ids_that_look_alike_one_is_added()
    {
        string[] ids = ["alice", "Alice", "ALICE", "alice.", "aLICE..", "alicE"];

        var added = await Task.WhenAll(ids.Select(id => Store.AddAsync(UserId.Parse(id), "hash", Ct)));

        Assert.Single(added, true);
    }

    [Fact]
    public async Task Of_many_who_add_an_id_at_once_one_succeeds()
    {
        var added = await Task.WhenAll(Enumerable.Range(0, 16).Select(i => Store.AddAsync(Alice, $"hash {i}", Ct)));

        var winner = Array.IndexOf(added, true);
        Assert.Single(added, true);
        Assert.Equal($"hash {winner}", await Store.FindPasswordHashAsync(Alice, Ct));
    }

    [Fact]
    public async Task A_hash_is_renewed_only_where_it_is_still_the_old_one()
    {
        await Store.AddAsync(Alice, "first", Ct);

        Assert.False(await Store.ReplacePasswordHashAsync(Alice, "another", "wrong", Ct));
        Assert.Equal("first", await Store.FindPasswordHashAsync(Alice, Ct));

        Assert.True(await Store.ReplacePasswordHashAsync(Alice, "first", "second", Ct));
        Assert.Equal("second", await Store.FindPasswordHashAsync(Alice, Ct));
    }
}
