using Chat.BuildingBlocks.Ids;
using Chat.BuildingBlocks.Storage.Cql;
using Chat.BuildingBlocks.Storage.Moving;
using Chat.Modules.Groups.Contracts;
using Chat.Modules.Groups.Domain;
using Chat.Modules.Groups.Moving;
using Chat.Modules.Groups.Store;
using Chat.Testing;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using static Chat.Modules.Groups.Tests.Named;

namespace Chat.Modules.Groups.Tests.Notices;

/// <summary>What a server has not told yet when its folder is moved to a cluster, a server of the cluster tells.</summary>
public sealed class MovedNoticesTests(CassandraServer server) : IClassFixture<CassandraServer>, IDisposable
{
    private static readonly GroupLimits NoLimit = new(int.MaxValue, int.MaxValue);

    private readonly TemporaryStores _stores = new("groups", typeof(GroupsModule).Assembly);

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    public void Dispose() => _stores.Dispose();

    [Fact]
    public async Task Pending_notices_are_pending_on_the_cluster()
    {
        Assert.SkipWhen(CassandraServer.IsMissing, CassandraServer.Missing);
        var session = await server.OpenEmptyAsync("groups", typeof(GroupsModule).Assembly, Ct);
        var folder = new SqliteGroupStore(_stores.Database);
        var (told, waiting) = (Created("ann", "bob"), Created("cid"));
        foreach (var created in new[] { told, waiting })
            Assert.Equal(SaveOutcome.Saved, await folder.SaveAsync(created, NoLimit, Ct));
        await folder.SaveAsync(GroupRules.Change(waiting.After, User("cid"), "Läufer 🏃", null).Value, NoLimit, Ct);
        await folder.RemoveNoticesAsync(told.After.Id, await folder.FindNoticesAsync(told.After.Id, Ct), Ct);

        foreach (var table in new MovedTable[] { new MovedGroups(_stores.Database), new MovedMembers(_stores.Database), new MovedNotices(_stores.Database), new MovedEntries(_stores.Database) })
            await CopyAsync(session, table);

        var cluster = new CqlGroupStore(session, Options.Create(new GroupsOptions()), TimeProvider.System, NullLogger<CqlGroupStore>.Instance);
        Assert.Equal([waiting.After.Id], await cluster.FindGroupsWithNoticesAsync(Ct));
        Assert.Equal((await folder.FindNoticesAsync(waiting.After.Id, Ct)).Select(Say), (await cluster.FindNoticesAsync(waiting.After.Id, Ct)).Select(Say));
        Assert.Equal(2, (await cluster.FindNoticesAsync(waiting.After.Id, Ct)).Count);
        Assert.Empty(await cluster.FindNoticesAsync(told.After.Id, Ct));
    }

    private static string Say(PendingNotices pending) =>
        $"{pending.Change} {pending.Version}: {string.Join("; ", pending.Notices.Select(one => $"{one.Id} {NoticeLog.Say(pending.By, one.Notice)}"))}";

    private static async Task CopyAsync(ICqlSession session, MovedTable table)
    {
        IReadOnlyList<MovedRow> rows;
        for (string? after = null; (rows = table.Read(after, 1)).Count > 0; after = rows[^1].Position)
        {
            foreach (var row in rows)
            {
                var written = table.Columns.Zip(row.Values).Where(column => column.Second is not null).ToList();
                await session.ExecuteAsync(
                    new CqlStatement(
                        $"INSERT INTO {table.Table} ({string.Join(", ", written.Select(column => column.First))}) VALUES ({string.Join(", ", written.Select(_ => "?"))}) USING TIMESTAMP 1",
                        [.. written.Select(column => column.Second)]),
                    Ct);
            }
        }
    }

    private static GroupChange Created(params string[] users) => GroupRules.Create(
        ConversationId.NewGroup(), User(users[0]), "Walkers", GroupHistory.All, Users(users[1..]), Now, int.MaxValue).Value;
}
