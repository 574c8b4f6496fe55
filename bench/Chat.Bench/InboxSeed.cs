using Chat.BuildingBlocks.Ids;
using Chat.BuildingBlocks.Storage.Cql;
using Chat.Modules.Messaging.Contracts;
using Chat.Modules.Messaging.Feed;
using Chat.Modules.Messaging.Inbox;
using Chat.Modules.Messaging.Log;
using Chat.Modules.Messaging.Log.Cluster;

namespace Chat.Bench;

/// <summary>
/// A user's direct conversations written straight into a cluster's tables, as they are when each has had one message in the last ten months, the device has
/// acked all of them, and the user's part of the inbox is made. Servers from before the inbox pass over its rows.
/// </summary>
internal static class InboxSeed
{
    private const int AtOnce = 64;
    private const int RowsAtOnce = 64;
    private const string Device = "bench";
    private static readonly TimeSpan Span = TimeSpan.FromDays(300);

    public static async Task WriteAsync(ClusterLog cluster, UserId user, IReadOnlyList<UserId> partners, CancellationToken ct)
    {
        var now = TimeProvider.System.GetUtcNow();
        var seeded = partners.Select((partner, n) => (Partner: partner, At: now - TimeSpan.FromMinutes(20) - (Span / partners.Count * n))).ToList();
        await Parallel.ForEachAsync(seeded, new ParallelOptions { MaxDegreeOfParallelism = AtOnce, CancellationToken = ct }, async (one, stop) =>
            await WriteAsync(cluster, user, one.Partner, one.At, stop));

        var inbox = new CqlInboxTables(cluster.Session, ClusterTimes.Default, TimeProvider.System);
        var rows = seeded.SelectMany(one => InboxRow.At(ConversationId.Direct(user, one.Partner), [Activity.At(one.At)], now, ClusterTimes.Default));
        await Parallel.ForEachAsync(rows.Chunk(RowsAtOnce), new ParallelOptions { MaxDegreeOfParallelism = 8, CancellationToken = ct }, async (some, _) =>
            await inbox.AddAsync(user, some));
        var log = (await cluster.Session.ExecuteAsync(new("SELECT epoch, inbox FROM messaging_epochs WHERE log = 'messages'"), ct)).Rows[0];
        if (!log.IsNull(1))
        {
            // The user has connected, so its part was noted as missing.
            var noted = await inbox.ReadMarkAsync(user, ct);
            var made = new InboxMark(Guid.CreateVersion7(now), $"{log.Get<string>(0)}/{log.Get<string>(1)}", now, IsComplete: true);
            if (!await inbox.TryMarkAsync(user, made, noted?.Token, ct))
                throw new BenchException("The user's part of the inbox was not made.");
        }
    }

    private static async Task WriteAsync(ClusterLog cluster, UserId user, UserId partner, DateTimeOffset at, CancellationToken ct)
    {
        const string cursor = "INSERT INTO delivery_cursors (user_id, device_id, generation, conversation_id, delivered) VALUES (?, ?, ?, ?, 1)";
        var conversation = ConversationId.Direct(user, partner);
        var clientMsgId = $"{Guid.CreateVersion7(at)}";
        var message = new LoggedMessage(
            AttemptKey.NewId(AttemptKey.Of(partner, clientMsgId), Activity.At(at)), conversation, new SeqNo(1), new DeviceAddress(partner, DeviceId.Parse(Device)),
            clientMsgId, MessageContent.Of("hello"), DateTimeOffset.FromUnixTimeMilliseconds(at.ToUnixTimeMilliseconds()));
        await Task.WhenAll(
            cluster.Session.ExecuteAsync(
                new CqlStatement(
                    "INSERT INTO messaging_conversations (conversation, term, writer, busy_until, busy_ms, fenced_term, fence) VALUES (?, 1, ?, ?, 15, 1, 0)",
                    conversation.Value, Guid.CreateVersion7(at), at), ct),
            cluster.Tables.WriteRowsAsync(1, [message], ct),
            cluster.Tables.AddDirectAsync(conversation, partner, ct),
            cluster.Session.ExecuteAsync(new CqlStatement(cursor, user.Value, Device, Guid.Empty, conversation.Value), ct),
            cluster.Session.ExecuteAsync(new CqlStatement(cursor, user.Value, "", Guid.Empty, conversation.Value), ct));
    }
}
