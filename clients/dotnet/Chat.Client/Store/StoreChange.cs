namespace Chat.Client;

/// <summary>One change that is written to an <see cref="IChatStore"/>.</summary>
public abstract record StoreChange
{
    private StoreChange()
    {
    }

    /// <summary>Replaces what is stored of the installation.</summary>
    public sealed record PutInstallation(StoredInstallation Installation) : StoreChange;

    /// <summary>Adds or replaces a conversation.</summary>
    public sealed record PutConversation(StoredConversation Conversation) : StoreChange;

    /// <summary>Deletes a conversation, its messages and notices.</summary>
    public sealed record RemoveConversation(string ConversationId) : StoreChange;

    /// <summary>Adds a message, or replaces the one with its seqNo.</summary>
    public sealed record PutMessage(Message Message) : StoreChange;

    /// <summary>Adds a notice, or replaces the one with its seqNo.</summary>
    public sealed record PutNotice(Notice Notice) : StoreChange;

    /// <summary>Deletes the messages and notices of a conversation up to a seqNo, itself included.</summary>
    public sealed record ClearMessages(string ConversationId, long UpTo) : StoreChange;

    /// <summary>Adds an outbox entry after all others, or replaces it in its position.</summary>
    public sealed record PutOutgoing(Outgoing Outgoing) : StoreChange;

    /// <summary>Deletes an outbox entry, if there is one.</summary>
    public sealed record RemoveOutgoing(string ClientMsgId) : StoreChange;

    /// <summary>Deletes all conversations, messages and notices; the outbox stays.</summary>
    public sealed record ClearLog : StoreChange;

    /// <summary>Deletes all outbox entries, and after that all <see cref="IChatStore.Files"/>.</summary>
    public sealed record ClearOutbox : StoreChange;
}
