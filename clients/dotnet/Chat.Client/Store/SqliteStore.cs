using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Microsoft.Data.Sqlite;

namespace Chat.Client;

/// <summary>
/// A store in one SQLite file, and a folder beside it for the files in the outbox (<c>chat.db-files</c>). What was written survives a power cut (write-ahead
/// log, full synchronisation). Only one client at a time can open the file.
/// </summary>
/// <remarks>The file contains the session's tokens, so only the user may read it and the folder; on Windows, whoever may read the folder around them.</remarks>
/// <param name="path">The file; created if there is none, but not its folder.</param>
public sealed class SqliteStore(string path) : IChatStore
{
    private const int Version = 5;

    private readonly Dictionary<string, SqliteCommand> _commands = [];
    private readonly FolderFiles _files = new($"{path}-files");
    private SqliteConnection? _connection;

    /// <inheritdoc/>
    public IKeptFiles Files => _files;

    private SqliteConnection Connection => _connection ?? throw new InvalidOperationException("The store is not open.");

    /// <inheritdoc/>
    public async Task<StoredState> OpenAsync(CancellationToken ct)
    {
        var settings = new SqliteConnectionStringBuilder { DataSource = path, Pooling = false, DefaultTimeout = 2 };
        var connection = new SqliteConnection(settings.ConnectionString);
        try
        {
            MakePrivate();
            await connection.OpenAsync(ct);
            _connection = connection;
            // Locked from the first write on, and released by the system with the process: no second client on the same outbox.
            Run("PRAGMA locking_mode = EXCLUSIVE");
            Run("PRAGMA journal_mode = WAL");
            Run("PRAGMA synchronous = FULL");
            Run("BEGIN IMMEDIATE");
            Migrate();
            Run("COMMIT");
            return Load();
        }
        catch
        {
            await CloseAsync();
            await connection.DisposeAsync();
            throw;
        }
    }

    /// <inheritdoc/>
    public Task WriteAsync(IReadOnlyList<StoreChange> changes, CancellationToken ct)
    {
        ct.ThrowIfCancellationRequested();
        using var transaction = Connection.BeginTransaction(deferred: false);
        foreach (var change in changes)
            Write(change, transaction);
        transaction.Commit();
        if (changes.Any(change => change is StoreChange.ClearOutbox))
            ClearFiles();
        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    public Task<IReadOnlyList<Message>> ReadAsync(string conversationId, SeqNoRange range, int limit, CancellationToken ct)
    {
        var command = Command("""
            SELECT message_id, conversation, seq_no, sender_id, timestamp, client_msg_id, content FROM message
            WHERE conversation = $1 AND seq_no BETWEEN $2 AND $3 ORDER BY seq_no DESC LIMIT $4
            """, conversationId, range.From, range.To, limit);
        using var rows = command.ExecuteReader();
        List<Message> messages = [];
        while (rows.Read())
        {
            messages.Add(new Message(Body(rows, 6, ChatJson.Wire.MessageState))
            {
                MessageId = rows.GetString(0), ConversationId = rows.GetString(1), SeqNo = rows.GetInt64(2), SenderId = rows.GetString(3),
                Timestamp = DateTimeOffset.FromUnixTimeMilliseconds(rows.GetInt64(4)), ClientMsgId = rows.IsDBNull(5) ? null : rows.GetString(5),
            });
        }
        messages.Reverse();
        return Task.FromResult<IReadOnlyList<Message>>(messages);
    }

    /// <inheritdoc/>
    public Task<IReadOnlyList<Notice>> ReadNoticesAsync(string conversationId, SeqNoRange range, CancellationToken ct) => Task.FromResult<IReadOnlyList<Notice>>(
        Bodies("SELECT body FROM notice WHERE conversation = $1 AND seq_no BETWEEN $2 AND $3 ORDER BY seq_no", ChatJson.Wire.Notice, conversationId, range.From, range.To));

    /// <inheritdoc/>
    public Task<OthersCount> CountOthersAsync(string conversationId, SeqNoRange range, string userId, int limit, CancellationToken ct)
    {
        var command = Command("""
            SELECT
              (SELECT count(*) FROM (
                SELECT 1 FROM message WHERE conversation = $1 AND seq_no BETWEEN $2 AND $3 AND sender_id <> $4
                  AND json_extract(content, '$.deleted') IS NULL LIMIT $5)),
              (SELECT count(*) FROM (
                SELECT 1 FROM message WHERE conversation = $1 AND seq_no BETWEEN $2 AND $3 AND sender_id <> $4
                  AND json_extract(content, '$.deleted') IS NULL
                  AND EXISTS (SELECT 1 FROM json_each(content, '$.mentions') AS mention WHERE mention.value IN ($4, '@all')) LIMIT $5))
            """, conversationId, range.From, range.To, userId, limit);
        using var row = command.ExecuteReader();
        row.Read();
        return Task.FromResult(new OthersCount(row.GetInt32(0), row.GetInt32(1)));
    }

    /// <inheritdoc/>
    public async Task CloseAsync()
    {
        foreach (var command in _commands.Values)
            await command.DisposeAsync();
        _commands.Clear();
        if (_connection is { } connection)
            await connection.DisposeAsync();
        _connection = null;
    }

    /// <summary>Creates the file if there is none; SQLite gives the files beside it the same mode.</summary>
    private void MakePrivate()
    {
        var options = new FileStreamOptions { Mode = FileMode.OpenOrCreate, Access = FileAccess.ReadWrite, Share = FileShare.ReadWrite };
        if (!OperatingSystem.IsWindows())
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        using var file = new FileStream(path, options);
    }

    private void Migrate()
    {
        switch ((long)Command("PRAGMA user_version").ExecuteScalar()!)
        {
            case 0:
                Run(Script("schema.sql"));
                break;
            case 1:
                Run(Script("from-version-1.sql"));
                goto case 2;
            case 2:
                Run(Script("from-version-2.sql"));
                goto case 3;
            case 3:
                Run(Script("from-version-3.sql"));
                goto case 4;
            case 4:
                Run(Script("from-version-4.sql"));
                break;
            case > Version and var newer:
                throw new InvalidDataException($"The store's version is {newer}; this library knows {Version}.");
        }
    }

    private static string Script(string name)
    {
        using var reader = new StreamReader(typeof(SqliteStore).Assembly.GetManifestResourceStream($"Chat.Client.Store.{name}")!);
        return reader.ReadToEnd();
    }

    private StoredState Load()
    {
        var installation = Bodies("SELECT body FROM installation", ChatJson.Wire.StoredInstallation);
        var conversations = Bodies("SELECT body FROM conversation", ChatJson.Wire.StoredConversation);
        var outbox = Bodies("SELECT body FROM outbox ORDER BY place", ChatJson.Wire.Outgoing);
        return new StoredState(installation.SingleOrDefault(), conversations, outbox);
    }

    private List<T> Bodies<T>(string sql, JsonTypeInfo<T> type, params ReadOnlySpan<object?> values)
    {
        using var rows = Command(sql, values).ExecuteReader();
        List<T> bodies = [];
        while (rows.Read())
            bodies.Add(Body(rows, 0, type));
        return bodies;
    }

    private static T Body<T>(SqliteDataReader rows, int column, JsonTypeInfo<T> type) =>
        JsonSerializer.Deserialize(rows.GetString(column), type) ?? throw new InvalidDataException("A row of the store has no body.");

    private void Write(StoreChange change, SqliteTransaction transaction)
    {
        var command = change switch
        {
            StoreChange.PutInstallation put => Command(
                "INSERT OR REPLACE INTO installation (only, body) VALUES (1, $1)", Json(put.Installation, ChatJson.Wire.StoredInstallation)),
            StoreChange.PutConversation put => Command(
                "INSERT OR REPLACE INTO conversation (id, body) VALUES ($1, $2)",
                put.Conversation.Id, Json(put.Conversation, ChatJson.Wire.StoredConversation)),
            StoreChange.RemoveConversation remove => Command(
                "DELETE FROM conversation WHERE id = $1", remove.ConversationId),
            StoreChange.PutMessage { Message: var m } => Command("""
                INSERT OR REPLACE INTO message (message_id, conversation, seq_no, sender_id, timestamp, client_msg_id, content)
                VALUES ($1, $2, $3, $4, $5, $6, $7)
                """,
                m.MessageId, m.ConversationId, m.SeqNo, m.SenderId, m.Timestamp.ToUnixTimeMilliseconds(), m.ClientMsgId,
                Json<MessageState>(m, ChatJson.Wire.MessageState)),
            StoreChange.PutNotice { Notice: var n } => Command(
                "INSERT OR REPLACE INTO notice (conversation, seq_no, body) VALUES ($1, $2, $3)", n.ConversationId, n.SeqNo, Json(n, ChatJson.Wire.Notice)),
            StoreChange.ClearMessages clear => Command("DELETE FROM message WHERE conversation = $1 AND seq_no <= $2", clear.ConversationId, clear.UpTo),
            StoreChange.PutOutgoing put => Command("""
                INSERT INTO outbox (client_msg_id, body) VALUES ($1, $2) ON CONFLICT (client_msg_id) DO UPDATE SET body = excluded.body
                """, put.Outgoing.ClientMsgId, Json(put.Outgoing, ChatJson.Wire.Outgoing)),
            StoreChange.RemoveOutgoing remove => Command("DELETE FROM outbox WHERE client_msg_id = $1", remove.ClientMsgId),
            StoreChange.ClearLog => Command("DELETE FROM conversation"),
            StoreChange.ClearOutbox => Command("DELETE FROM outbox"),
            _ => throw new ArgumentException($"{change.GetType().Name} is unknown.", nameof(change)),
        };
        Execute(command, transaction);
        // What goes with it.
        SqliteCommand[] more = change switch
        {
            StoreChange.RemoveConversation gone =>
                [Command("DELETE FROM message WHERE conversation = $1", gone.ConversationId), Command("DELETE FROM notice WHERE conversation = $1", gone.ConversationId)],
            StoreChange.ClearMessages clear => [Command("DELETE FROM notice WHERE conversation = $1 AND seq_no <= $2", clear.ConversationId, clear.UpTo)],
            StoreChange.ClearLog => [Command("DELETE FROM message"), Command("DELETE FROM notice")],
            _ => [],
        };
        foreach (var other in more)
            Execute(other, transaction);
    }

    private void ClearFiles()
    {
        try
        {
            _files.Clear();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // The changes count already. What no outbox entry has is deleted later.
        }
    }

    private static void Execute(SqliteCommand command, SqliteTransaction transaction)
    {
        command.Transaction = transaction;
        command.ExecuteNonQuery();
    }

    private void Run(string sql)
    {
        using var command = Connection.CreateCommand();
        command.CommandText = sql;
        command.ExecuteNonQuery();
    }

    /// <summary>A statement, prepared once, with its parameters $1, $2, … as given.</summary>
    private SqliteCommand Command(string sql, params ReadOnlySpan<object?> values)
    {
        if (!_commands.TryGetValue(sql, out var command))
        {
            command = Connection.CreateCommand();
            command.CommandText = sql;
            for (var i = 0; i < values.Length; i++)
                command.Parameters.Add(new SqliteParameter { ParameterName = $"${i + 1}" });
            _commands[sql] = command;
        }
        for (var i = 0; i < values.Length; i++)
            command.Parameters[i].Value = values[i] ?? DBNull.Value;
        command.Transaction = null;
        return command;
    }

    private static string Json<T>(T body, JsonTypeInfo<T> type) => JsonSerializer.Serialize(body, type);
}
