namespace Chat.Client;

/// <summary>One thing that is written into an <see cref="IChatStore"/>.</summary>
public abstract record StoreChange
{
    private StoreChange()
    {
    }

    /// <summary>The installation's own row is this now.</summary>
    public sealed record PutInstallation(StoredInstallation Installation) : StoreChange;

    /// <summary>A conversation is this now.</summary>
    public sealed record PutConversation(StoredConversation Conversation) : StoreChange;

    /// <summary>A conversation is gone, with its messages.</summary>
    public sealed record RemoveConversation(string ConversationId) : StoreChange;

    /// <summary>A message is at its place, whatever was there before.</summary>
    public sealed record PutMessage(Message Message) : StoreChange;

    /// <summary>An outbox message is there, behind all others, or where it was already.</summary>
    public sealed record PutOutgoing(Outgoing Outgoing) : StoreChange;

    /// <summary>An outbox message is gone; nothing where there is none.</summary>
    public sealed record RemoveOutgoing(string ClientMsgId) : StoreChange;

    /// <summary>All conversations and their messages are gone; the outbox stays.</summary>
    public sealed record ClearLog : StoreChange;

    /// <summary>All outbox messages are gone.</summary>
    public sealed record ClearOutbox : StoreChange;
}
