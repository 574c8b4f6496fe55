using System.Text.Json;

namespace Chat.EndToEnd.Tests.Scenarios;

/// <summary>One client library, and the devices that run it.</summary>
internal interface IScriptedClients : IAsyncDisposable
{
    /// <summary>Makes a device with an empty store and signs it in.</summary>
    Task OpenAsync(string device, Uri server, SignIn signIn);

    /// <summary>Puts messages in the device's outbox.</summary>
    Task SendAsync(string device, string to, IReadOnlyList<string> texts);

    /// <returns>The group's conversationId.</returns>
    Task<string> CreateGroupAsync(string device, string title, IReadOnlyList<string> members);

    /// <summary>Marks a conversation as read up to its newest message.</summary>
    Task ReadAsync(string device, string conversationId);

    /// <summary>Mutes a conversation for ever, or ends that.</summary>
    Task MuteAsync(string device, string conversationId, bool always);

    /// <summary>Changes a message that the device shows, or that waits in its outbox.</summary>
    /// <returns>What the message said before, as the device showed it.</returns>
    Task<string> ChangeAsync(string device, string conversationId, ScriptedChange change);

    /// <summary>Ends the client and opens another one on the same store.</summary>
    Task ReloadAsync(string device);

    /// <summary>Reads a conversation to its beginning in two views at once, whose pages come last asked first.</summary>
    Task ReadHistoryAsync(string device, string conversationId);

    /// <summary>All that the device shows: reads every conversation to its beginning.</summary>
    Task<DeviceState> StateAsync(string device);
}

/// <param name="Register">Makes the account first.</param>
internal sealed record SignIn(string UserId, string Password, bool Register);

/// <param name="Status">Where it stands with the server: <c>online</c>, …</param>
/// <param name="CaughtUp">Everything that waited has come.</param>
internal sealed record DeviceState(string Status, bool CaughtUp, IReadOnlyList<ShownConversation> Conversations)
{
    public static JsonSerializerOptions Json { get; } = new(JsonSerializerDefaults.Web);
}

/// <param name="Waiting">Messages that have no ack yet, or were refused.</param>
internal sealed record ShownConversation(string Id, int UnreadCount, long ReadSeqNo, int Waiting, IReadOnlyList<ShownMessage> Messages, bool Muted = false);

/// <param name="Text">Empty for a deleted one.</param>
/// <param name="ChangedSeqNo">Of the last change that is in this state; 0 for none.</param>
/// <param name="EditedAt">Unix time in milliseconds; null if it was not edited.</param>
/// <param name="DeletedBy">Null if it was not deleted.</param>
/// <param name="Reactions">Each emoji with its number, and <c>+</c> where the reader has set it, too.</param>
internal sealed record ShownMessage(
    long SeqNo, string MessageId, string SenderId, string Text, long ChangedSeqNo = 0, long? EditedAt = null, string? DeletedBy = null, bool Pinned = false,
    string Reactions = "");

/// <summary>What a device's user does to a message.</summary>
/// <param name="Kind"><c>edit</c>, <c>delete</c>, <c>react</c> or <c>pin</c>.</param>
/// <param name="From">Who wrote the message.</param>
/// <param name="Nth">Which of those messages, from the newest one, 1; deleted ones are not counted.</param>
/// <param name="Text">Of an edit.</param>
/// <param name="Emoji">Of a reaction.</param>
/// <param name="On">False to take a reaction or a pin back.</param>
internal sealed record ScriptedChange(string Kind, string From, int Nth, string? Text, string? Emoji, bool On);
