using Chat.BuildingBlocks.Ids;
using Chat.BuildingBlocks.Mediation;

namespace Chat.Modules.Messaging.Contracts;

/// <summary>A message is durable and has its place. Raised by each server that answers for it, before its first answer; not in order across messages.</summary>
/// <param name="Message">The message.</param>
/// <param name="Previous">The seqNo of the message before it in its conversation, or one that is higher; <see cref="SeqNo.None"/> for the first. What lies between is a hole for certain.</param>
/// <remarks>May come again for a message of long ago whose attempt is repeated: whoever has it passes over it.</remarks>
public sealed record MessageAppended(LoggedMessage Message, SeqNo Previous) : IEvent;
