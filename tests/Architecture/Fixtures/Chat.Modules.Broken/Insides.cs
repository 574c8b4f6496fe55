using System.Net.WebSockets;
using Chat.BuildingBlocks.Ids;
using Chat.Modules.Groups.Contracts;
using MediatR;
using Microsoft.Data.Sqlite;

namespace Chat.Modules.Broken;

// Breaks: internal classes are sealed. The compiler says so too; here it must not.
#pragma warning disable CA1852
internal class OpenClass;
#pragma warning restore CA1852

/// <summary>Breaks: storage clients are used in adapters alone, and those are named for them.</summary>
internal sealed class MessageReader(SqliteConnection connection)
{
    public string Path => connection.DataSource;
}

/// <summary>Breaks the same in a lambda's body, where nothing of the class's own shape shows it.</summary>
internal sealed class LazyReader
{
    public Func<Task<string>> Read { get; } = async () =>
    {
        await using var connection = new SqliteConnection();
        return connection.DataSource;
    };
}

/// <summary>Keeps the rule: an adapter.</summary>
internal sealed class SqliteReader(SqliteConnection connection)
{
    public string Path => connection.DataSource;
}

/// <summary>Breaks: sockets are known in the host alone.</summary>
internal sealed class SocketUser(WebSocket socket)
{
    public bool IsOpen => socket.State == WebSocketState.Open;
}

/// <summary>Breaks: a module changes another by an event, never by its command.</summary>
internal sealed class NeighbourChanger(IMediator mediator)
{
    public Task MakeGroupAsync(DeviceAddress owner, CancellationToken ct) =>
        mediator.Send(new CreateGroup(owner, "Theirs", [], GroupHistory.All), ct);
}

internal sealed class ConnectionTable
{
    public int Count { get; set; }
}

/// <summary>Keeps the rule.</summary>
internal sealed class Receivers(ConnectionTable connections)
{
    public void Tell() => connections.Count++;
}

/// <summary>Breaks: users are told through Receivers alone.</summary>
internal sealed class TellOnHappening(ConnectionTable connections)
{
    public Action Tell => () => connections.Count++;
}

/// <summary>Breaks: a port does not say which adapter is in use. Whether there are some depends on more than that.</summary>
internal interface ILetters
{
    bool IsShared { get; }

    bool HasSome { get; }
}

internal sealed class EmbeddedLetters : ILetters
{
    public bool IsShared => false;

    public bool HasSome => false;
}

internal sealed class SharedLetters(Queue<string> letters) : ILetters
{
    public bool IsShared => true;

    public bool HasSome => letters.Count > 0;
}

/// <summary>Breaks: no names that say nothing.</summary>
internal sealed class ConversationManager;

internal static partial class BrokenLogs
{
    [Microsoft.Extensions.Logging.LoggerMessage(EventId = 9001, Level = Microsoft.Extensions.Logging.LogLevel.Warning, Message = "Something broke")]
    public static partial void Broke(this Microsoft.Extensions.Logging.ILogger log);

    [Microsoft.Extensions.Logging.LoggerMessage(EventId = 4001, Level = Microsoft.Extensions.Logging.LogLevel.Warning, Message = "Not this module's number")]
    public static partial void OutOfRange(this Microsoft.Extensions.Logging.ILogger log);

    [Microsoft.Extensions.Logging.LoggerMessage(Level = Microsoft.Extensions.Logging.LogLevel.Warning, Message = "No number")]
    public static partial void WithoutId(this Microsoft.Extensions.Logging.ILogger log);
}

internal static partial class LogsElsewhere
{
    [Microsoft.Extensions.Logging.LoggerMessage(EventId = 9001, Level = Microsoft.Extensions.Logging.LogLevel.Warning, Message = "The same number again")]
    public static partial void BrokeAgain(Microsoft.Extensions.Logging.ILogger log);
}
