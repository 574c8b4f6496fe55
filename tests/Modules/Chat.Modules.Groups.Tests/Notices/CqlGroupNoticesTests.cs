using Chat.BuildingBlocks.Ids;
using Chat.BuildingBlocks.Storage.Cql;
using Chat.Modules.Groups.Domain;
using Chat.Modules.Groups.Store;
using Chat.Testing;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using static Chat.Modules.Groups.Tests.Named;

namespace Chat.Modules.Groups.Tests.Notices;

public sealed class CqlGroupNoticesTests(CassandraServer server) : GroupNoticesContract, IClassFixture<CassandraServer>, IAsyncLifetime
{
    private ICqlSession _session = null!;

    [Fact]
    public async Task A_server_that_stands_still_before_it_tells_its_change_is_not_overtaken_by_the_next_change()
    {
        var (log, id) = (new NoticeLog(), ConversationId.NewGroup());
        var (reached, goes) = (new TaskCompletionSource(), new TaskCompletionSource());
        var stands = false;
        using var slow = new Node(this, Healthy, async () =>
        {
            if (stands)
            {
                reached.TrySetResult();
                await goes.Task;
            }
            return CqlFault.None;
        }, log);
        using var fast = new Node(this, Healthy, Healthy, log);
        await slow.CreateAsync(id);

        stands = true;
        var renaming = slow.ChangeAsync(id, group => GroupRules.Change(group, User("ann"), "One", null));
        await reached.Task;
        await fast.ChangeAsync(id, group => GroupRules.Change(group, User("ann"), "Two", null));
        goes.SetResult();
        await renaming;

        Assert.Equal(["ann created bob,cid Walkers", "ann titleChanged One", "ann titleChanged Two"], log.Told);
        Assert.Empty(await fast.Store.FindNoticesAsync(id, Ct));
    }

    [Fact]
    public async Task What_two_servers_change_at_once_is_told_once_in_the_order_of_the_versions()
    {
        var (log, id) = (new NoticeLog(), ConversationId.NewGroup());
        using var one = new Node(this, Healthy, Healthy, log);
        using var two = new Node(this, Healthy, Healthy, log);
        await one.CreateAsync(id);

        // Each puts the version into the title.
        await Task.WhenAll(new[] { one, two }.SelectMany(node => Enumerable.Range(0, 5).Select(_ => node.ChangeAsync(
            id, group => GroupRules.Change(group, User("ann"), $"{group.Version + 1}", null)))));

        Assert.Equal(["ann created bob,cid Walkers", .. Enumerable.Range(2, 10).Select(version => $"ann titleChanged {version}")], log.Told);
        Assert.Empty(await one.Store.FindNoticesAsync(id, Ct));
    }

    public async ValueTask InitializeAsync()
    {
        Assert.SkipWhen(CassandraServer.IsMissing, CassandraServer.Missing);
        _session = await server.OpenEmptyAsync("groups", typeof(GroupsModule).Assembly, Ct);
    }

    public ValueTask DisposeAsync()
    {
        Dispose();
        return ValueTask.CompletedTask;
    }

    private protected override IGroupStore Open(Func<Task<CqlFault>> meets) =>
        new CqlGroupStore(new FaultyCqlSession(_session, _ => meets()), Options.Create(new GroupsOptions()), Clock, NullLogger<CqlGroupStore>.Instance);
}
