using Chat.BuildingBlocks.Errors;
using Chat.BuildingBlocks.Ids;
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
    /// <summary>The messages up to here are in it, and a caller may ask for what has changed since. Null where all is looked at each time.</summary>
    Activity? UpTo { get; }

    /// <summary>In the list's order: what follows <paramref name="after"/>, from the beginning where it is null, and has activity above <paramref name="above"/>.</summary>
    IReadOnlyList<InboxEntry> Down(PagePlace? after, Activity above, int limit);

    /// <summary>In the opposite order: what stands before <paramref name="before"/> and has activity above <paramref name="above"/>, the nearest first.</summary>
    IReadOnlyList<InboxEntry> Up(PagePlace before, Activity above, int limit);
}

/// <summary>A conversation in the inbox.</summary>
/// <param name="Place">Its place in the list, by its newest message.</param>
/// <param name="Head">That message's seqNo.</param>
internal readonly record struct InboxEntry(PagePlace Place, SeqNo Head);
