using Chat.BuildingBlocks.Errors;
using Chat.BuildingBlocks.Ids;
using Chat.Modules.Messaging.Contracts;
using Chat.Modules.Messaging.Log;

namespace Chat.Modules.Messaging.Homes;

/// <summary>An append on its way to where it is done; its task is its answer.</summary>
internal sealed class HomeAppend(ConversationAppends conversation, MessageDraft draft, Func<MessageDraft, Task<Result<SentMessage>>> here)
    : TaskCompletionSource<Result<SentMessage>>(TaskCreationOptions.RunContinuationsAsynchronously)
{
    public ConversationAppends Conversation => conversation;

    public MessageDraft Draft => draft;

    /// <summary>Its place among those under way. This and all below is under the conversation's lock.</summary>
    public LinkedListNode<HomeAppend>? Place { get; set; }

    /// <summary>A later message of the same device has ended before it, and may be in the log.</summary>
    public bool IsOvertaken { get; set; }

    /// <summary>Whether it was begun on this server.</summary>
    public bool IsHere { get; private set; }

    /// <summary>Begins it on this server.</summary>
    public Task<Result<SentMessage>> BeginHere()
    {
        IsHere = true;
        return here(draft);
    }
}

/// <summary>This server's appends to one conversation, as long as there are any. All that are under way are at one server, but those that a home has failed on.</summary>
internal sealed class ConversationAppends(ConversationId conversation)
{
    public ConversationId Id => conversation;

    /// <summary>Guards all below.</summary>
    public Lock Lock { get; } = new();

    /// <summary>Those that were begun and have no answer, in their order.</summary>
    public LinkedList<HomeAppend> UnderWay { get; } = new();

    /// <summary>Those that came when the home had changed, or had failed: they wait until none is under way.</summary>
    public Queue<HomeAppend> Waiting { get; } = new();

    /// <summary>Where those under way are; null for this server.</summary>
    public HomeLink? At { get; set; }

    /// <summary>Some that the home has failed on are here: later ones wait until none is under way.</summary>
    public bool IsAtTwo { get; set; }

    /// <summary>It has become empty, and is not used again.</summary>
    public bool HasEnded { get; set; }
}
