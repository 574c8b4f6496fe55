using Chat.BuildingBlocks.Errors;
using Chat.BuildingBlocks.Ids;
using Chat.BuildingBlocks.Storage;
using Chat.Modules.Groups.Contracts;
using Chat.Modules.Groups.Domain;
using Chat.Modules.Groups.Store;
using Chat.Testing;
using Microsoft.Extensions.Time.Testing;
using static Chat.Modules.Groups.Tests.Named;

namespace Chat.Modules.Groups.Tests.Store;

public sealed class SqliteGroupStoreTests : GroupStoreContract, IDisposable
{
    private readonly FakeTimeProvider _clock = new();
    private readonly TemporaryStores _stores;

    public SqliteGroupStoreTests() =>
        _stores = new TemporaryStores("groups", typeof(GroupsModule).Assembly, new StorageOptions { WriteTimeoutMs = 5_000 }, _clock);

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    public void Dispose() => _stores.Dispose();

    // Kept in memory, what was read before such a save is committed would stay for ever.
    [Fact]
    public async Task A_read_waits_for_a_save_whose_caller_was_told_that_it_took_too_long()
    {
        var store = Open();
        using var disk = new ManualResetEventSlim();
        var first = await HoldAsync(disk);
        using var commit = new ManualResetEventSlim();
        var second = HoldAsync(commit);
        var created = GroupRules.Create(ConversationId.NewGroup(), User("ann"), "Walkers", GroupHistory.All, Users("bob"), Now, 10).Value;
        var save = store.SaveAsync(created, new GroupLimits(10, 10), Ct);
        disk.Set();
        // The save is in this batch, too.
        var held = await second;
        await first;

        _clock.Advance(TimeSpan.FromSeconds(6));
        await Assert.ThrowsAsync<StoreUnavailableException>(() => save);
        await Assert.ThrowsAsync<StoreUnavailableException>(() => held);
        var found = store.FindAsync(created.After.Id, Ct);
        var groups = store.FindGroupsOfAsync(User("bob"), Ct);
        var version = store.FindVersionAsync(created.After.Id, Ct);
        commit.Set();

        Assert.Equal(created.After.Told(), (await found).Told());
        Assert.Equal(created.After.Version, await version);
        Assert.Single(await groups);
    }

    private protected override IGroupStore Open()
    {
        _stores.Close();
        return new SqliteGroupStore(_stores.Database);
    }

    /// <summary>Returns when the writer stands still.</summary>
    private async Task<Task> HoldAsync(ManualResetEventSlim disk)
    {
        var reached = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var held = _stores.Database.WriteAsync(
            _ =>
            {
                reached.SetResult();
                disk.Wait(CancellationToken.None);
            }, Ct);
        await reached.Task;
        return held;
    }
}
