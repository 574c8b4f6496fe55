using Chat.BuildingBlocks.Errors;
using Chat.BuildingBlocks.Ids;
using Chat.Modules.Messaging.Contracts;
using Chat.Modules.Messaging.Conversations;
using Chat.Modules.Messaging.Log;

namespace Chat.Modules.Messaging.Inbox;

/// <summary>
/// Each user's direct conversations in the order of their activity. It is derived from the log, and built again from it if it is missing. Groups are
/// not in it: a user has few, and their heads are read from the log. Passes InboxContract.
/// </summary>
internal interface IInbox
{
    /// <summary>The user's conversations as they are now, with every message that was acked before the call.</summary>
    /// <exception cref="StoreUnavailableException">No answer in time.</exception>
    ValueTask<IUserInbox> OpenAsync(UserId user, CancellationToken ct);
}

/// <summary>
/// One user's direct conversations that have a message, each once. A conversation that gets a message meanwhile may be at its old or at its new
/// place.
/// </summary>
internal interface IUserInbox
{
    /// <summary>
    /// Those with a message after a position, which is the <see cref="DirectHeads.UpTo"/> of an earlier call; in any order. All of them if it is null, or
    /// too old to tell. Other conversations may be among them.
    /// </summary>
    ValueTask<DirectHeads> ReadSinceAsync(FeedPosition? since, CancellationToken ct);

    /// <summary>In the order of the list: those after <paramref name="after"/>; with null, from the beginning.</summary>
    ValueTask<IReadOnlyList<InboxEntry>> DownAsync(ListPosition? after, int limit, CancellationToken ct);

    /// <summary>In the opposite order: those before <paramref name="before"/> with activity above <paramref name="above"/>, the nearest first.</summary>
    ValueTask<IReadOnlyList<InboxEntry>> UpAsync(ListPosition before, Activity above, int limit, CancellationToken ct);
}

/// <summary>A conversation in the inbox.</summary>
/// <param name="Position">Its place in the list, by its newest message.</param>
/// <param name="Head">That message's seqNo.</param>
internal readonly record struct InboxEntry(ListPosition Position, SeqNo Head);
