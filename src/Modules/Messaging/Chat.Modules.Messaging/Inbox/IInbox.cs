using Chat.BuildingBlocks.Errors;
using Chat.BuildingBlocks.Ids;
using Chat.Modules.Messaging.Contracts;
using Chat.Modules.Messaging.Conversations;
using Chat.Modules.Messaging.Log;

namespace Chat.Modules.Messaging.Inbox;

/// <summary>
/// Each user's direct conversations in the order of their activity. Derived from the log, and made again from it where it is missing. Groups are
/// not in it: they are few a user, and their heads are read. Passes InboxContract.
/// </summary>
internal interface IInbox
{
    /// <summary>The user's conversations as they are now: every message that was acked before the call is in them.</summary>
    /// <exception cref="StoreUnavailableException">No answer in time.</exception>
    ValueTask<IUserInbox> OpenAsync(UserId user, CancellationToken ct);
}

/// <summary>
/// One user's direct conversations that have a message, each once. A conversation that has a message while they are read may stand at its place
/// before or after it.
/// </summary>
internal interface IUserInbox
{
    /// <summary>
    /// Those with a message after a position that <see cref="DirectHeads.UpTo"/> was at an earlier call, in any order; all of them where it is null, or
    /// where it does not tell any more. Others may be among them.
    /// </summary>
    ValueTask<DirectHeads> ReadSinceAsync(FeedPosition? since, CancellationToken ct);

    /// <summary>In the list's order: what follows <paramref name="after"/>, from the beginning where it is null.</summary>
    ValueTask<IReadOnlyList<InboxEntry>> DownAsync(ListPosition? after, int limit, CancellationToken ct);

    /// <summary>In the opposite order: what stands before <paramref name="before"/> and has activity above <paramref name="above"/>, the nearest first.</summary>
    ValueTask<IReadOnlyList<InboxEntry>> UpAsync(ListPosition before, Activity above, int limit, CancellationToken ct);
}

/// <summary>A conversation in the inbox.</summary>
/// <param name="Position">Its place in the list, by its newest message.</param>
/// <param name="Head">That message's seqNo.</param>
internal readonly record struct InboxEntry(ListPosition Position, SeqNo Head);
