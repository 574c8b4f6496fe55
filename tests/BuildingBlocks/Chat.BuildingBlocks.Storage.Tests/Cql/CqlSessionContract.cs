using Chat.BuildingBlocks.Storage.Cql;
using Chat.BuildingBlocks.Text;

namespace Chat.BuildingBlocks.Storage.Tests.Cql;

/// <summary>What <see cref="ICqlSession"/> promises, whichever client is behind it, on a real server.</summary>
public abstract class CqlSessionContract
{
    private static readonly Guid Id = Guid.Parse("0198f3a0-1111-7222-8333-444455556666");
    private static readonly string[] Texts = ["x", "", "ü"];
    private static readonly long[] Numbers = [1, 2];
    private static readonly string[] Keys = ["a", "c", "x"];
    private static int _tables;

    protected static CancellationToken Ct => TestContext.Current.CancellationToken;

    /// <summary>A session in a keyspace that is there; ended by whoever made it.</summary>
    protected abstract Task<ICqlSession> OpenAsync();

    [Fact]
    public async Task What_was_written_is_read_in_every_type()
    {
        var (session, table) = await OpenTableAsync(
            "k text PRIMARY KEY, a ascii, b bigint, i int, yes boolean, u uuid, bytes blob, at timestamp, d double, texts list<text>, numbers set<bigint>, ids frozen<list<uuid>>");
        var at = new DateTimeOffset(2026, 2, 3, 4, 5, 6, 789, TimeSpan.Zero);
        byte[] bytes = [0, 1, 0xFF];

        await session.ExecuteAsync(new CqlStatement($"INSERT INTO {table} (k, a, b, i, yes, u, bytes, at, d, texts, numbers, ids) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            Utf8Text.Of("ключ 🔑"), "ascii", long.MinValue, int.MinValue, true, Id, (ReadOnlyMemory<byte>)bytes, at, -1.5e300, Texts, Numbers, new[] { Id }), Ct);
        var result = await session.ExecuteAsync(new CqlStatement($"SELECT k, a, b, i, yes, u, bytes, at, d, texts, numbers, ids FROM {table} WHERE k = ?", "ключ 🔑"), Ct);

        var row = Assert.Single(result.Rows);
        Assert.Equal("ключ 🔑", row.Get<string>(0));
        Assert.Equal(Utf8Text.Of("ключ 🔑"), row.Get<Utf8Text>(0));
        Assert.Equal("ascii", row.Get<string>(1));
        Assert.Equal(long.MinValue, row.Get<long>(2));
        Assert.Equal(int.MinValue, row.Get<int>(3));
        Assert.True(row.Get<bool>(4));
        Assert.Equal(Id, row.Get<Guid>(5));
        Assert.Equal(bytes, row.Get<byte[]>(6));
        Assert.Equal(bytes, row.Get<ReadOnlyMemory<byte>>(6).ToArray());
        Assert.Equal(at, row.Get<DateTimeOffset>(7));
        Assert.Equal(-1.5e300, row.Get<double>(8));
        Assert.Equal(Texts, row.Get<IReadOnlyList<string>>(9));
        Assert.Equal(Numbers, row.Get<IReadOnlyList<long>>(10));
        Assert.Equal([Id], row.Get<IReadOnlyList<Guid>>(11));
    }

    [Fact]
    public async Task Null_is_null_and_no_value()
    {
        var (session, table) = await OpenTableAsync("k text PRIMARY KEY, t text, b bigint");

        await session.ExecuteAsync(new CqlStatement($"INSERT INTO {table} (k, t, b) VALUES (?, ?, ?)", "k", null, null), Ct);
        var row = (await session.ExecuteAsync(new CqlStatement($"SELECT t, b FROM {table} WHERE k = ?", "k"), Ct)).Rows[0];

        Assert.True(row.IsNull(0));
        Assert.Null(row.Get<string?>(0));
        Assert.Null(row.Get<long?>(1));
        Assert.Throws<InvalidOperationException>(() => row.Get<long>(1));
    }

    [Fact]
    public async Task Another_type_than_the_columns_is_refused()
    {
        var (session, table) = await OpenTableAsync("k text PRIMARY KEY, b bigint");

        await session.ExecuteAsync(new CqlStatement($"INSERT INTO {table} (k, b) VALUES (?, ?)", "k", 1L), Ct);
        var row = (await session.ExecuteAsync(new CqlStatement($"SELECT b FROM {table} WHERE k = ?", "k"), Ct)).Rows[0];

        Assert.Throws<InvalidCastException>(() => row.Get<string>(0));
    }

    [Fact]
    public async Task Nothing_found_is_no_row_and_not_applied()
    {
        var (session, table) = await OpenTableAsync("k text PRIMARY KEY");

        var result = await session.ExecuteAsync(new CqlStatement($"SELECT k FROM {table} WHERE k = ?", "k"), Ct);

        Assert.Empty(result.Rows);
        Assert.Null(result.PagingState);
        Assert.False(result.Applied);
    }

    [Fact]
    public async Task Pages_follow_one_another_to_the_last()
    {
        var (session, table) = await OpenTableAsync("k text, n bigint, PRIMARY KEY (k, n)");
        for (var n = 0L; n < 25; n++)
            await session.ExecuteAsync(new CqlStatement($"INSERT INTO {table} (k, n) VALUES (?, ?)", "k", n), Ct);

        var read = new List<long>();
        var pages = 0;
        byte[]? state = null;
        do
        {
            var page = await session.ExecuteAsync(new CqlStatement($"SELECT n FROM {table} WHERE k = ?", "k") { PageSize = 10, PagingState = state }, Ct);
            Assert.InRange(page.Rows.Count, 0, 10);
            read.AddRange(page.Rows.Select(row => row.Get<long>(0)));
            state = page.PagingState;
            pages++;
        }
        while (state is not null);

        Assert.Equal(Enumerable.Range(0, 25).Select(n => (long)n), read);
        Assert.Equal(3, pages);
    }

    [Fact]
    public async Task A_list_is_what_a_column_may_be_in()
    {
        var (session, table) = await OpenTableAsync("k text PRIMARY KEY, n int");
        foreach (var key in new[] { "a", "b", "c" })
            await session.ExecuteAsync(new CqlStatement($"INSERT INTO {table} (k, n) VALUES (?, ?)", key, 1), Ct);

        var result = await session.ExecuteAsync(new CqlStatement($"SELECT k FROM {table} WHERE k IN ?", (object)Keys), Ct);

        Assert.Equal(["a", "c"], result.Rows.Select(row => row.Get<string>(0)).Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task A_condition_holds_once()
    {
        var (session, table) = await OpenTableAsync("k text PRIMARY KEY, n int");
        CqlStatement Insert(int n) => new($"INSERT INTO {table} (k, n) VALUES (?, ?) IF NOT EXISTS", "k", n) { Idempotent = false };

        var first = await session.ExecuteAsync(Insert(1), Ct);
        var second = await session.ExecuteAsync(Insert(2), Ct);
        var found = await session.ExecuteAsync(new CqlStatement($"SELECT n FROM {table} WHERE k = ?", "k") { Linearizable = true }, Ct);

        Assert.True(first.Applied);
        Assert.False(second.Applied);
        Assert.Equal("k", second.Rows[0].Get<string>(1));
        Assert.Equal(1, second.Rows[0].Get<int>(2));
        Assert.Equal(1, found.Rows[0].Get<int>(0));
    }

    [Fact]
    public async Task A_batch_writes_to_several_tables()
    {
        var (session, first) = await OpenTableAsync("k text, n bigint, PRIMARY KEY (k, n)");
        var (_, second) = await OpenTableAsync("k text PRIMARY KEY, t text");

        var result = await session.ExecuteBatchAsync(
            [new CqlStatement($"INSERT INTO {first} (k, n) VALUES (?, ?)", "k", 1L), new CqlStatement($"INSERT INTO {first} (k, n) VALUES (?, ?)", "k", 2L),
            new CqlStatement($"INSERT INTO {second} (k, t) VALUES (?, ?)", "k", "t")], Ct);

        Assert.Empty(result.Rows);
        Assert.Equal(2, (await session.ExecuteAsync(new CqlStatement($"SELECT n FROM {first} WHERE k = ?", "k"), Ct)).Rows.Count);
        Assert.Equal("t", (await session.ExecuteAsync(new CqlStatement($"SELECT t FROM {second} WHERE k = ?", "k"), Ct)).Rows[0].Get<string>(0));
    }

    [Fact]
    public async Task A_conditional_batch_happens_wholly_or_not()
    {
        var (session, table) = await OpenTableAsync("k text, n bigint, t text, PRIMARY KEY (k, n)");
        CqlStatement[] Batch(long also) =>
            [new($"INSERT INTO {table} (k, n, t) VALUES (?, ?, ?) IF NOT EXISTS", "k", 1L, "t") { Idempotent = false },
            new($"INSERT INTO {table} (k, n, t) VALUES (?, ?, ?)", "k", also, "t")];

        var first = await session.ExecuteBatchAsync(Batch(2), Ct);
        var second = await session.ExecuteBatchAsync(Batch(3), Ct);

        Assert.True(first.Applied);
        Assert.False(second.Applied);
        var rows = (await session.ExecuteAsync(new CqlStatement($"SELECT n FROM {table} WHERE k = ?", "k"), Ct)).Rows;
        Assert.Equal([1L, 2L], rows.Select(row => row.Get<long>(0)));
    }

    [Fact]
    public async Task A_mistake_is_the_callers_and_has_the_servers_code()
    {
        var session = await OpenAsync();

        var unknown = await Assert.ThrowsAsync<CqlException>(() => session.ExecuteAsync(new CqlStatement("SELECT k FROM nowhere WHERE k = ?", "k"), Ct));
        var nonsense = await Assert.ThrowsAsync<CqlException>(() => session.ExecuteAsync(new CqlStatement("SELECT FROM WHERE"), Ct));

        Assert.Equal(0x2200, unknown.Code);
        Assert.Equal(0x2000, nonsense.Code);
    }

    [Fact]
    public async Task A_value_of_a_wrong_type_is_refused_and_the_session_goes_on()
    {
        var (session, table) = await OpenTableAsync("k text PRIMARY KEY, n bigint");

        await Assert.ThrowsAnyAsync<Exception>(() => session.ExecuteAsync(new CqlStatement($"INSERT INTO {table} (k, n) VALUES (?, ?)", "k", "text"), Ct));
        await Assert.ThrowsAnyAsync<Exception>(() => session.ExecuteAsync(new CqlStatement($"INSERT INTO {table} (k, n) VALUES (?, ?)", "k", new object()), Ct));

        await session.ExecuteAsync(new CqlStatement($"INSERT INTO {table} (k, n) VALUES (?, ?)", "k", 1L), Ct);
    }

    [Fact]
    public async Task A_table_may_change_under_a_statement_that_is_in_use()
    {
        var (session, table) = await OpenTableAsync("k text PRIMARY KEY, n bigint");
        var select = new CqlStatement($"SELECT * FROM {table} WHERE k = ?", "k");
        await session.ExecuteAsync(new CqlStatement($"INSERT INTO {table} (k, n) VALUES (?, ?)", "k", 1L), Ct);
        await session.ExecuteAsync(select, Ct);

        await session.ExecuteAsync(new CqlStatement($"ALTER TABLE {table} ADD a text"), Ct);
        await session.ExecuteAsync(new CqlStatement($"UPDATE {table} SET a = ? WHERE k = ?", "added", "k"), Ct);
        var row = (await session.ExecuteAsync(select, Ct)).Rows[0];

        Assert.Equal("k", row.Get<string>(0));
        Assert.Equal("added", row.Get<string>(1));
        Assert.Equal(1L, row.Get<long>(2));
    }

    [Fact]
    public async Task Many_callers_share_it()
    {
        var (session, table) = await OpenTableAsync("k text, n int, t text, PRIMARY KEY (k, n)");

        await Task.WhenAll(Enumerable.Range(0, 500).Select(n =>
            session.ExecuteAsync(new CqlStatement($"INSERT INTO {table} (k, n, t) VALUES (?, ?, ?)", "k" + n % 7, n, new string('x', n)), Ct)));
        var counts = await Task.WhenAll(Enumerable.Range(0, 500).Select(async n =>
            (await session.ExecuteAsync(new CqlStatement($"SELECT t FROM {table} WHERE k = ? AND n = ?", "k" + n % 7, n), Ct)).Rows[0].Get<string>(0).Length));

        Assert.Equal(Enumerable.Range(0, 500), counts);
    }

    [Fact]
    public async Task Large_values_come_and_go_whole()
    {
        var (session, table) = await OpenTableAsync("k text PRIMARY KEY, b blob");
        var bytes = new byte[3_000_000];
        new Random(1).NextBytes(bytes);

        await session.ExecuteAsync(new CqlStatement($"INSERT INTO {table} (k, b) VALUES (?, ?)", "k", bytes), Ct);
        var read = (await session.ExecuteAsync(new CqlStatement($"SELECT b FROM {table} WHERE k = ?", "k"), Ct)).Rows[0].Get<byte[]>(0);

        Assert.True(bytes.AsSpan().SequenceEqual(read));
    }

    [Fact]
    public async Task A_caller_that_gives_up_is_let_go()
    {
        var (session, table) = await OpenTableAsync("k text PRIMARY KEY");

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() =>
            session.ExecuteAsync(new CqlStatement($"SELECT k FROM {table} WHERE k = ?", "k"), new CancellationToken(canceled: true)));
    }

    private async Task<(ICqlSession Session, string Table)> OpenTableAsync(string columns)
    {
        var session = await OpenAsync();
        var table = $"t{Interlocked.Increment(ref _tables)}";
        await session.ExecuteAsync(new CqlStatement($"CREATE TABLE {table} ({columns})"), Ct);
        return (session, table);
    }
}
