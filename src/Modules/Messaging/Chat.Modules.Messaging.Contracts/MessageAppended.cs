using Chat.BuildingBlocks.Ids;
using Chat.BuildingBlocks.Mediation;

namespace Chat.Modules.Messaging.Contracts;

/// <summary>A message is durable and has its place. Raised at most once an append, never for a duplicate; not in order across appends.</summary>
/// <param name="Message">The message.</param>
/// <param name="Previous">The seqNo of the message before it in its conversation, <see cref="SeqNo.None"/> for the first: what lies between is a hole for certain.</param>
public sealed record MessageAppended(LoggedMessage Message, SeqNo Previous) : IEvent;
