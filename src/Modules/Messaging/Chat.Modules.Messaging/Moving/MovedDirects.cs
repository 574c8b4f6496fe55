using Chat.BuildingBlocks.Ids;
using Chat.BuildingBlocks.Storage.Moving;
using Chat.Modules.Messaging.Feed;
using Chat.Modules.Messaging.Inbox;
using Chat.Modules.Messaging.Log;
using Chat.Modules.Messaging.Log.Embedded;

namespace Chat.Modules.Messaging.Moving;

/// <summary>What is made of each user's direct conversations, in their order. A position names a user and a conversation.</summary>
internal abstract class OfDirects(RocksMessageLog log) : MovedTable
{
    // Not known without reading them all.
    public override long EstimateRows() => 0;

    public override IReadOnlyList<MovedRow> Read(string? after, int limit)
    {
        var rows = new List<MovedRow>();
        for (var last = after; rows.Count == 0;)
        {
            var directs = log.ReadDirects(Parse(last), limit);
            if (directs.Count == 0)
                return rows;
            last = PositionOf(directs[^1]);
            rows.AddRange(ToRows(directs));
        }
        return rows;
    }

    protected abstract IEnumerable<MovedRow> ToRows(IReadOnlyList<(UserId User, ConversationId Conversation, bool IsBegunByUser)> directs);

    protected static string PositionOf((UserId User, ConversationId Conversation, bool IsBegunByUser) direct) => $"{direct.User.Value} {direct.Conversation.Value}";

    private static (UserId User, ConversationId Conversation)? Parse(string? position) => position?.Split(' ') is [var user, var conversation]
        ? (UserId.Parse(user), ConversationId.Parse(conversation))
        : null;
}

internal sealed class MovedDirects(RocksMessageLog log) : OfDirects(log)
{
    public override string Name => "direct conversations";

    public override string Table => "messaging_directs";

    public override IReadOnlyList<string> Columns { get; } = ["user", "conversation"];

    protected override IEnumerable<MovedRow> ToRows(IReadOnlyList<(UserId User, ConversationId Conversation, bool IsBegunByUser)> directs) =>
        directs.Select(direct => new MovedRow(PositionOf(direct), [direct.User.Value, direct.Conversation.Value]));
}

internal sealed class MovedBegun(RocksMessageLog log) : OfDirects(log)
{
    public override string Name => "direct conversations by who began them";

    public override string Table => "messaging_begun";

    public override IReadOnlyList<string> Columns { get; } = ["user", "conversation"];

    protected override IEnumerable<MovedRow> ToRows(IReadOnlyList<(UserId User, ConversationId Conversation, bool IsBegunByUser)> directs) =>
        directs.Where(direct => direct.IsBegunByUser).Select(direct => new MovedRow(PositionOf(direct), [direct.User.Value, direct.Conversation.Value]));
}

/// <summary>The inbox: rows where each conversation stands. Those by days are compared, those by spans depend on when they were made.</summary>
internal sealed class MovedInbox(RocksMessageLog log, TimeProvider clock) : OfDirects(log)
{
    private readonly RocksMessageLog _log = log;
    private readonly ClusterTimes _times = ClusterTimes.Default;

    public override string Name => "inbox";

    public override string Table => "messaging_inbox";

    public override IReadOnlyList<string> Columns { get; } = ["user", "level", "span", "conversation"];

    public override bool Compares(IReadOnlyList<object?> values, DateTimeOffset now) => values[1] is (int)InboxLevel.Days;

    public override IReadOnlyList<MovedRow> Read(string? after, int limit) => base.Read(after, limit / 2);

    protected override IEnumerable<MovedRow> ToRows(IReadOnlyList<(UserId User, ConversationId Conversation, bool IsBegunByUser)> directs)
    {
        var now = clock.GetUtcNow();
        var newest = _log.ReadNewest([.. directs.Select(direct => direct.Conversation)]);
        return from one in directs.Zip(newest)
               where one.Second is not null
               from row in InboxRow.At(one.First.Conversation, [new Activity(one.Second!.Value.Position)], now, _times)
               select new MovedRow(PositionOf(one.First), [one.First.User.Value, (int)row.Level, row.Span, row.Conversation.Value])
               {
                   Ttl = (int)(row.Level == InboxLevel.Spans ? _times.SpansKept : _times.DaysKept).TotalSeconds,
               };
    }
}

/// <summary>The marks of the inbox: each user's part is complete from the beginning, as no server counts on rows that are not there.</summary>
internal sealed class MovedInboxMarks(RocksMessageLog log, TimeProvider clock) : OfDirects(log)
{
    private readonly RocksMessageLog _log = log;
    private readonly Guid _token = Guid.CreateVersion7(clock.GetUtcNow());

    public override string Name => "inbox marks";

    public override string Table => "messaging_inbox";

    public override IReadOnlyList<string> Columns { get; } = ["user", "level", "span", "conversation", "mark", "name", "noticed", "complete"];

    public override bool IsCompared => false;

    protected override IEnumerable<MovedRow> ToRows(IReadOnlyList<(UserId User, ConversationId Conversation, bool IsBegunByUser)> directs) => directs
        .GroupBy(direct => direct.User)
        .Select(ofOne => new MovedRow(
            PositionOf(ofOne.Last()),
            [ofOne.Key.Value, 0, long.MaxValue, "", _token, $"{_log.Epoch}/{MovedEpoch.InboxName}", clock.GetUtcNow(), true])
        {
            Ttl = (int)ClusterTimes.Default.MarkKept.TotalSeconds,
        });
}
