using Chat.BuildingBlocks.Ids;
using Chat.BuildingBlocks.Mediation;

namespace Chat.Modules.Messaging.Contracts;

/// <summary>A message is stored and has its seqNo. Raised by each server that answers for it, before its first answer; messages may come out of order.</summary>
/// <param name="Message">The message.</param>
/// <param name="Previous">The seqNo of the message before it in its conversation, or one that is higher; <see cref="SeqNo.None"/> for the first. What lies between is a hole for certain.</param>
/// <remarks>May come again for an old message whose attempt is retried: receivers ignore what they have.</remarks>
public sealed record MessageAppended(LoggedMessage Message, SeqNo Previous) : IEvent;
