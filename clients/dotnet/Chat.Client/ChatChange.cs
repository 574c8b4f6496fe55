namespace Chat.Client;

/// <summary>What has changed, of a client's state.</summary>
[Flags]
public enum ChatChange
{
    /// <summary>Nothing.</summary>
    None = 0,

    /// <summary><see cref="ChatClient.Session"/>.</summary>
    Session = 1,

    /// <summary><see cref="ChatClient.Connection"/>.</summary>
    Connection = 2,

    /// <summary><see cref="ChatClient.Conversations"/>, typing included.</summary>
    Conversations = 4,

    /// <summary>What waits to be sent.</summary>
    Outbox = 8,

    /// <summary><see cref="ChatClient.PresenceOf"/>.</summary>
    Presence = 16,

    /// <summary><see cref="ChatClient.StorageFailed"/>.</summary>
    Storage = 32,
}

/// <summary>Tells what has changed.</summary>
/// <param name="what">All of it, since the event before.</param>
/// <param name="arrived">The new messages.</param>
public sealed class ChatChangedEventArgs(ChatChange what, IReadOnlyList<Message> arrived) : EventArgs
{
    internal const int MostArrived = 1000;

    /// <summary>All that has changed since the event before.</summary>
    public ChatChange What => what;

    /// <summary>
    /// The messages that came since the event before, in the order they came, the user's own from other devices among them: for a notification
    /// or a bot. At most the last thousand; what is not told here, such as before a crash, is in the conversations all the same.
    /// </summary>
    public IReadOnlyList<Message> Arrived => arrived;
}

/// <summary>Who is signed in.</summary>
/// <param name="UserId">The user.</param>
/// <param name="DeviceId">This installation.</param>
public sealed record ChatSession(string UserId, string DeviceId);
