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

    /// <summary>The outbox.</summary>
    Outbox = 8,

    /// <summary><see cref="ChatClient.PresenceOf"/>.</summary>
    Presence = 16,

    /// <summary><see cref="ChatClient.StorageFailed"/>.</summary>
    Storage = 32,
}

/// <summary>What has changed.</summary>
public sealed class ChatChangedEventArgs(ChatChange what, IReadOnlyList<Message> arrived, IReadOnlyList<RefusedChange>? refused = null) : EventArgs
{
    internal const int MaxGathered = 1000;

    /// <summary>All that has changed since the event before.</summary>
    public ChatChange What => what;

    /// <summary>
    /// The messages that arrived since the event before, in order, the user's own from other devices among them: for notifications and
    /// bots. At most the last thousand. A message that is not reported here, such as before a crash, is in its conversation all the same.
    /// </summary>
    public IReadOnlyList<Message> Arrived => arrived;

    /// <summary>The changes of messages that were refused for good since the event before, and are taken back. At most the last thousand.</summary>
    public IReadOnlyList<RefusedChange> Refused => refused ?? [];
}

/// <summary>Who is signed in.</summary>
public sealed record ChatSession(string UserId, string DeviceId);
