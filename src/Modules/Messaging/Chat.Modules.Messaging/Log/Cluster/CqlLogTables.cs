using Chat.BuildingBlocks.Concurrency;
using Chat.BuildingBlocks.Ids;
using Chat.BuildingBlocks.Storage.Cql;
using Chat.BuildingBlocks.Text;
using Chat.Modules.Messaging.Contracts;

namespace Chat.Modules.Messaging.Log.Cluster;

/// <summary>The tables in cql/. Requests of the same kind are sent together.</summary>
internal sealed partial class CqlLogTables : ILogTables
{
    // Partitions of one batch: Cassandra logs a warning above that (unlogged_batch_across_partitions_warn_threshold).
    private const int MaxPartitions = 10;

    // Rows of one partition in a request. A batch of claims is then 16 KiB, without a warning, as it is a single mutation.
    private const int MaxRows = 64;

    // States in one request; each is a partition that the coordinating node reads.
    private const int MaxStates = 32;

    // Absent columns are left out: a null would be written as a deletion.
    private const string InsertText =
        """
        INSERT INTO messaging_messages (conversation, bucket, seq_no, term, first, message_id, sender, device, client_msg_id, sent_at, body)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
        """;

    private const string InsertReply =
        """
        INSERT INTO messaging_messages (conversation, bucket, seq_no, term, first, message_id, sender, device, client_msg_id, sent_at, body, reply_to)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
        """;

    private const string InsertContent =
        """
        INSERT INTO messaging_messages (conversation, bucket, seq_no, term, first, message_id, sender, device, client_msg_id, sent_at, content)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
        """;

    private const string InsertChange =
        """
        INSERT INTO messaging_messages (conversation, bucket, seq_no, term, first, message_id, sender, device, client_msg_id, sent_at, content, previous)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
        """;

    private const string InsertExpiring =
        """
        INSERT INTO messaging_messages (conversation, bucket, seq_no, term, first, message_id, sender, device, client_msg_id, sent_at, content, expires_at)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
        """;

    // Without the content.
    private const string HeaderColumns = "seq_no, term, first, message_id, sender, device, client_msg_id, sent_at, changed";

    private const string SenderColumns = $"{HeaderColumns}, erased, previous, expires_at";

    private const string MessageColumns = $"{HeaderColumns}, body, reply_to, content";

    private const string NewestRows = "FROM messaging_messages WHERE conversation IN ? AND bucket = ? PER PARTITION LIMIT 1";

    private const string SelectNewest = $"SELECT {MessageColumns}, conversation {NewestRows}";

    private const string SelectNewestSenders = $"SELECT {SenderColumns}, conversation {NewestRows}";

    private const string OneRow = "WHERE conversation = ? AND bucket = ? AND seq_no = ? AND term = ?";

    private static readonly MessageContent Unread = new(default);

    // Of a row that was erased while it was removed. It is of a term that does not count.
    private static readonly DeviceAddress Nobody = new(UserId.Parse("removed"), DeviceId.Parse("removed"));

    private static readonly TimeSpan LongestRepetition = TimeSpan.FromMinutes(1);

    private const string ClaimColumns = "attempt, message_id, term, conversation, after, sender, client_msg_id";

    private readonly ICqlSession _session;
    private readonly TimeProvider _clock;
    private readonly Coalescer<ConversationId, ConversationState?> _states;
    private readonly Coalescer<long, IReadOnlyList<Claim>> _claims;
    private readonly Coalescer<Claim, bool> _newClaims;

    // Claims without a time in the clientMsgId: each is a partition, and a few of them go in one request.
    private readonly Coalescer<long, IReadOnlyList<Claim>> _loneClaims;
    private readonly Coalescer<Claim, bool> _newLoneClaims;

    public CqlLogTables(ICqlSession session, TimeProvider clock)
    {
        (_session, _clock) = (session, clock);
        _states = new(MaxStates, _ => 0, states => ReadStatesAsync(states, CancellationToken.None), clock);
        _claims = new(MaxRows, key => AttemptKey.MomentOf(key)!.Value, ReadClaimsAsync, clock);
        _newClaims = new(MaxRows, claim => AttemptKey.MomentOf(claim.Key)!.Value, WriteClaimsAsync, clock);
        _loneClaims = new(MaxPartitions, _ => 0, ReadLoneClaimsAsync, clock);
        _newLoneClaims = new(MaxPartitions, _ => 0, WriteClaimsAsync, clock);
    }

    public async Task<string> OpenEpochAsync(string proposed, CancellationToken ct)
    {
        await _session.ExecuteAsync(
            // The server that creates the log also enables the inbox: no server of an earlier version has appended to this log.
            new("INSERT INTO messaging_epochs (log, epoch, inbox) VALUES ('messages', ?, 'new') IF NOT EXISTS", proposed) { Idempotent = false }, ct);
        var kept = await _session.ExecuteAsync(new("SELECT epoch FROM messaging_epochs WHERE log = 'messages'") { Linearizable = true }, ct);
        return kept.Rows[0].Get<string>(0);
    }

    public Task<ConversationState?> ReadStateAsync(ConversationId conversation, CancellationToken ct) => _states.SendAsync(conversation);

    public async Task<bool> BeginTermAsync(ConversationId conversation, long before, Guid writer, TimeSpan busyFor, CancellationToken ct)
    {
        // busy_until is for servers of the previous version, which do not read busy_ms.
        var (busyMs, busyUntil) = ((int)busyFor.TotalMilliseconds, _clock.GetUtcNow() + busyFor);
        var begin = before == 0
            ? new CqlStatement(
                "INSERT INTO messaging_conversations (conversation, term, writer, busy_until, busy_ms) VALUES (?, 1, ?, ?, ?) IF NOT EXISTS",
                conversation.Value, writer, busyUntil, busyMs) { Idempotent = false }
            : new CqlStatement(
                "UPDATE messaging_conversations SET term = ?, writer = ?, busy_until = ?, busy_ms = ? WHERE conversation = ? IF term = ?",
                before + 1, writer, busyUntil, busyMs, conversation.Value, before) { Idempotent = false };
        return (await _session.ExecuteAsync(begin, ct)).Applied;
    }

    public async Task<bool> SetFenceAsync(ConversationId conversation, long term, SeqNo fence, CancellationToken ct) =>
        (await _session.ExecuteAsync(
            new("UPDATE messaging_conversations SET fenced_term = ?, fence = ? WHERE conversation = ? IF term = ?",
                term, fence.Value, conversation.Value, term) { Idempotent = false }, ct)).Applied;

    public Task OpenBucketAsync(ConversationId conversation, long bucket, CancellationToken ct) =>
        _session.ExecuteAsync(
            new("UPDATE messaging_conversations USING TIMESTAMP ? SET bucket = ? WHERE conversation = ?", bucket, bucket, conversation.Value), ct);

    public Task MarkTimedAsync(ConversationId conversation, CancellationToken ct) =>
        _session.ExecuteAsync(new("UPDATE messaging_conversations SET timed = true WHERE conversation = ?", conversation.Value), ct);

    public Task WriteClaimAsync(Claim claim, CancellationToken ct) =>
        (AttemptKey.MomentOf(claim.Key) is null ? _newLoneClaims : _newClaims).SendAsync(claim);

    public Task<IReadOnlyList<Claim>> ReadClaimsAsync(long key, CancellationToken ct) =>
        (AttemptKey.MomentOf(key) is null ? _loneClaims : _claims).SendAsync(key);

    public Task WriteRowsAsync(long term, IReadOnlyList<LoggedMessage> messages, CancellationToken ct) => messages.Count == 1
        ? _session.ExecuteAsync(ToInsert(term, messages[0].SeqNo, messages[0]), ct)
        : _session.ExecuteBatchAsync([.. messages.Select(message => ToInsert(term, messages[0].SeqNo, message))], ct);

    public async Task RemoveAsync(IReadOnlyList<LogRow> rows, CancellationToken ct)
    {
        foreach (var some in rows.Chunk(MaxRows))
        {
            await _session.ExecuteBatchAsync(
                [.. some.Select(row => new CqlStatement(
                    $"DELETE FROM messaging_messages {OneRow}", row.Message.Conversation.Value, Buckets.Of(row.Message.SeqNo), row.Message.SeqNo.Value, row.Term))], ct);
        }
    }

    public async Task EraseAsync(LogRow row, CancellationToken ct)
    {
        var conversation = row.Message.Conversation.Value;
        var bucket = Buckets.Of(row.SeqNo);
        var made = await _session.ExecuteAsync(
            new($"SELECT WRITETIME(sent_at) FROM messaging_messages {OneRow}", conversation, bucket, row.SeqNo.Value, row.Term), ct);
        if (made.Rows.Count == 0)
            return;
        // Also above a repetition of the insert that is still in progress. Nothing else is ever written there.
        var now = _clock.GetUtcNow().ToUnixTimeMilliseconds() * 1_000;
        var timestamp = Math.Max(now, made.Rows[0].Get<long>(0)) + LongestRepetition.Ticks / TimeSpan.TicksPerMicrosecond;
        await _session.ExecuteAsync(
            new($"UPDATE messaging_messages USING TIMESTAMP ? SET body = '', reply_to = null, content = ?, erased = true {OneRow}",
                timestamp, ContentCodec.Encode(row.Message.Content.ToErased()), conversation, bucket, row.SeqNo.Value, row.Term), ct);
    }

    public Task<IReadOnlyList<LogRow>> ReadUpAsync(ConversationId conversation, long bucket, SeqNo after, int limit, CancellationToken ct) =>
        ReadUpAsync(MessageColumns, ToContent, conversation, bucket, after, limit, ct);

    public Task<IReadOnlyList<LogRow>> ReadSendersUpAsync(ConversationId conversation, long bucket, SeqNo after, int limit, CancellationToken ct) =>
        ReadUpAsync(SenderColumns, ToErased, conversation, bucket, after, limit, ct);

    private Task<IReadOnlyList<LogRow>> ReadUpAsync(
        string columns, Func<CqlRow, MessageContent> toContent, ConversationId conversation, long bucket, SeqNo after, int limit, CancellationToken ct) =>
        ReadRowsAsync(conversation, toContent, limit, new(
            $"SELECT {columns} FROM messaging_messages WHERE conversation = ? AND bucket = ? AND seq_no > ? ORDER BY seq_no ASC, term ASC LIMIT ?",
            conversation.Value, bucket, after.Value, limit) { PageSize = limit }, ct);

    public Task<IReadOnlyList<LogRow>> ReadDownAsync(ConversationId conversation, long bucket, SeqNo before, int limit, CancellationToken ct) =>
        ReadDownAsync(MessageColumns, ToContent, conversation, bucket, before, limit, ct);

    public Task<IReadOnlyList<LogRow>> ReadSendersDownAsync(ConversationId conversation, long bucket, SeqNo before, int limit, CancellationToken ct) =>
        ReadDownAsync(SenderColumns, ToErased, conversation, bucket, before, limit, ct);

    private Task<IReadOnlyList<LogRow>> ReadDownAsync(
        string columns, Func<CqlRow, MessageContent> toContent, ConversationId conversation, long bucket, SeqNo before, int limit, CancellationToken ct) =>
        ReadRowsAsync(conversation, toContent, limit, new(
            $"SELECT {columns} FROM messaging_messages WHERE conversation = ? AND bucket = ? AND seq_no < ? LIMIT ?",
            conversation.Value, bucket, before.Value, limit) { PageSize = limit }, ct);

    public async Task<IReadOnlyList<LogRow>> ReadNewestAsync(IReadOnlyList<ConversationId> conversations, long bucket, bool withContent, CancellationToken ct)
    {
        var page = await _session.ExecuteAsync(
            new(withContent ? SelectNewest : SelectNewestSenders, conversations.Select(one => one.Value).ToList(), bucket), ct);
        return [.. page.Rows.Select(row => withContent
            ? ToLogRow(ConversationId.Parse(row.Get<string>(12)), row, ToContent(row))
            : ToLogRow(ConversationId.Parse(row.Get<string>(12)), row, ToErased(row)))];
    }

    public async Task AddDirectAsync(ConversationId conversation, UserId? begunBy, CancellationToken ct)
    {
        const string insert = "INSERT INTO messaging_directs (user, conversation) VALUES (?, ?)";
        var (one, other) = conversation.Users;
        await Task.WhenAll(
            _session.ExecuteAsync(new(insert, one.Value, conversation.Value), ct),
            _session.ExecuteAsync(new(insert, other.Value, conversation.Value), ct),
            begunBy is { } user
                ? _session.ExecuteAsync(new("INSERT INTO messaging_begun (user, conversation) VALUES (?, ?)", user.Value, conversation.Value), ct)
                : Task.CompletedTask);
    }

    public Task<int> CountDirectsBegunAsync(UserId user, int limit, CancellationToken ct) =>
        CountAsync(new("SELECT conversation FROM messaging_begun WHERE user = ? LIMIT ?", user.Value, limit), ct);

    public async Task<IReadOnlyList<ConversationId>> FindDirectsAsync(UserId user, IReadOnlyList<ConversationId> conversations, CancellationToken ct)
    {
        const string select = "SELECT conversation FROM messaging_directs WHERE user = ? AND conversation IN (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)";
        var found = await Concurrently.SelectAsync(conversations.Chunk(16).ToList(), 8, async (some, cancelled) =>
        {
            // One statement for all of them: unused places repeat the first value.
            object[] values = [user.Value, .. some.Select(conversation => conversation.Value), .. Enumerable.Repeat(some[0].Value, 16 - some.Length)];
            var page = await _session.ExecuteAsync(new(select, values), cancelled);
            return page.Rows.Select(row => ConversationId.Parse(row.Get<string>(0))).ToList();
        }, ct);
        return [.. found.SelectMany(some => some)];
    }

    public Task<int> CountDirectsAsync(UserId user, int limit, CancellationToken ct) =>
        CountAsync(new("SELECT conversation FROM messaging_directs WHERE user = ? LIMIT ?", user.Value, limit), ct);

    private async Task<int> CountAsync(CqlStatement statement, CancellationToken ct)
    {
        var count = 0;
        while (true)
        {
            var page = await _session.ExecuteAsync(statement, ct);
            count += page.Rows.Count;
            if (page.PagingState is null)
                return count;
            statement = statement.After(page.PagingState);
        }
    }

    public async Task<IReadOnlyList<ConversationId>> ReadDirectsAsync(UserId user, CancellationToken ct)
    {
        var found = new List<ConversationId>();
        for (byte[]? next = null; ; )
        {
            var page = await _session.ExecuteAsync(new("SELECT conversation FROM messaging_directs WHERE user = ?", user.Value) { PagingState = next }, ct);
            found.AddRange(page.Rows.Select(row => ConversationId.Parse(row.Get<string>(0))));
            if ((next = page.PagingState) is null)
                return found;
        }
    }

    // The answer may come in pages, and a short page need not be the last.
    private async Task<IReadOnlyList<LogRow>> ReadRowsAsync(
        ConversationId conversation, Func<CqlRow, MessageContent> toContent, int limit, CqlStatement statement, CancellationToken ct)
    {
        var rows = new List<LogRow>();
        while (true)
        {
            var page = await _session.ExecuteAsync(statement, ct);
            foreach (var row in page.Rows)
                rows.Add(ToLogRow(conversation, row, toContent(row)));
            if (page.PagingState is null || rows.Count >= limit)
                return rows;
            statement = statement.After(page.PagingState);
        }
    }

    private static LogRow ToLogRow(ConversationId conversation, CqlRow row, MessageContent content)
    {
        var (seqNo, term) = (new SeqNo(row.Get<long>(0)), row.Get<long>(1));
        if (row.IsNull(3))
            return new LogRow(term, seqNo, new LoggedMessage(default, conversation, seqNo, Nobody, "", content, default));
        return new LogRow(
            term, new SeqNo(row.Get<long>(2)),
            new LoggedMessage(
                new MessageId(row.Get<Guid>(3)), conversation, seqNo,
                new DeviceAddress(UserId.Parse(row.Get<string>(4)), DeviceId.Parse(row.Get<string>(5))), row.Get<string>(6), content,
                row.Get<DateTimeOffset>(7)))
        {
            IsChanged = !row.IsNull(8),
        };
    }

    // Of a change, as if it were erased.
    private static MessageContent ToErased(CqlRow row) =>
        !row.IsNull(10) ? MessageContent.Erased with { PreviousMessage = new SeqNo(row.Get<long>(10)) }
        : !row.IsNull(9) ? MessageContent.Erased
        : row.IsNull(11) ? Unread
        : Unread with { ExpiresAt = row.Get<DateTimeOffset>(11) };

    private static MessageContent ToContent(CqlRow row) => row.IsNull(11)
        ? new MessageContent(row.Get<Utf8Text>(9), row.IsNull(10) ? null : new MessageId(row.Get<Guid>(10)))
        : ContentCodec.Decode(row.Get<ReadOnlyMemory<byte>>(11).Span);

    public async Task<IReadOnlyList<ConversationState?>> ReadStatesAsync(IReadOnlyList<ConversationId> conversations, CancellationToken ct)
    {
        const string columns = "term, busy_ms, fenced_term, fence, bucket, conversation, timed";
        var select = conversations.Count == 1
            ? new CqlStatement($"SELECT {columns} FROM messaging_conversations WHERE conversation = ?", conversations[0].Value)
            : new CqlStatement($"SELECT {columns} FROM messaging_conversations WHERE conversation IN ?", conversations.Select(one => one.Value).ToList());
        var found = (await _session.ExecuteAsync(select, ct)).Rows.ToDictionary(row => row.Get<string>(5), ToState);
        return [.. conversations.Select(conversation => found.GetValueOrDefault(conversation.Value))];
    }

    private static ConversationState? ToState(CqlRow row) => row.IsNull(0) ? null : new ConversationState(
        row.Get<long>(0), TimeSpan.FromMilliseconds(row.IsNull(1) ? 0 : row.Get<int>(1)), row.IsNull(2) ? 0 : row.Get<long>(2),
        row.IsNull(3) ? SeqNo.None : new SeqNo(row.Get<long>(3)), row.IsNull(4) ? 0 : row.Get<long>(4))
    {
        HasTimer = !row.IsNull(6) && row.Get<bool>(6),
    };

    private Task<IReadOnlyList<IReadOnlyList<Claim>>> ReadClaimsAsync(IReadOnlyList<long> keys) => ReadClaimsAsync(keys, new(
        $"SELECT {ClaimColumns} FROM messaging_moments WHERE moment = ? AND attempt IN ?", AttemptKey.MomentOf(keys[0]), keys.Distinct().ToList()));

    private Task<IReadOnlyList<IReadOnlyList<Claim>>> ReadLoneClaimsAsync(IReadOnlyList<long> keys) => ReadClaimsAsync(keys, keys.Count == 1
        ? new($"SELECT {ClaimColumns} FROM messaging_attempts WHERE attempt = ?", keys[0])
        : new($"SELECT {ClaimColumns} FROM messaging_attempts WHERE attempt IN ?", keys.ToList()));

    private async Task<IReadOnlyList<IReadOnlyList<Claim>>> ReadClaimsAsync(IReadOnlyList<long> keys, CqlStatement select)
    {
        var rows = new List<CqlRow>();
        for (CqlStatement? next = select; next is not null;)
        {
            var page = await _session.ExecuteAsync(next);
            rows.AddRange(page.Rows);
            next = page.PagingState is null ? null : next.After(page.PagingState);
        }
        var claims = rows.ToLookup(row => row.Get<long>(0), row => new Claim(
            new MessageId(row.Get<Guid>(1)), row.Get<long>(2), UserId.Parse(row.Get<string>(5)), row.Get<string>(6),
            ConversationId.Parse(row.Get<string>(3)), new SeqNo(row.Get<long>(4))));
        return [.. keys.Select(key => claims[key].ToList())];
    }

    private async Task<IReadOnlyList<bool>> WriteClaimsAsync(IReadOnlyList<Claim> claims)
    {
        if (claims.Count == 1)
            await _session.ExecuteAsync(ToInsert(claims[0]));
        else
            await _session.ExecuteBatchAsync([.. claims.Select(ToInsert)]);
        return new bool[claims.Count];
    }

    private static CqlStatement ToInsert(Claim claim) => AttemptKey.MomentOf(claim.Key) is { } moment
        ? new CqlStatement(
            $"INSERT INTO messaging_moments (moment, {ClaimColumns}) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            moment, claim.Key, claim.Id.Value, claim.Term, claim.Conversation.Value, claim.After.Value, claim.Sender.Value, claim.ClientMsgId)
        : new CqlStatement(
            $"INSERT INTO messaging_attempts ({ClaimColumns}) VALUES (?, ?, ?, ?, ?, ?, ?)",
            claim.Key, claim.Id.Value, claim.Term, claim.Conversation.Value, claim.After.Value, claim.Sender.Value, claim.ClientMsgId);

    private static CqlStatement ToInsert(long term, SeqNo first, LoggedMessage message)
    {
        var content = message.Content;
        // Servers of the previous version read only body and reply_to, so these are written if they can hold the whole content.
        return (content.IsPlain, content.ReplyTo) switch
        {
            (false, _) when content.PreviousMessage is { } previous => Insert(InsertChange, ContentCodec.Encode(content), previous.Value),
            (false, _) when content.ExpiresAt is { } expiresAt => Insert(InsertExpiring, ContentCodec.Encode(content), expiresAt),
            (false, _) => Insert(InsertContent, ContentCodec.Encode(content)),
            (true, null) => Insert(InsertText, content.Text),
            (true, { } replyTo) => Insert(InsertReply, content.Text, replyTo.Value),
        };

        CqlStatement Insert(string insert, params ReadOnlySpan<object> says) => new(insert,
        [
            message.Conversation.Value, Buckets.Of(message.SeqNo), message.SeqNo.Value, term, first.Value, message.Id.Value,
            message.Sender.User.Value, message.Sender.Device.Value, message.ClientMsgId, message.Timestamp, .. says,
        ]);
    }
}
