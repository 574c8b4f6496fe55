using Chat.BuildingBlocks.Ids;
using Chat.BuildingBlocks.Mediation;

namespace Chat.Modules.Messaging.Contracts;

/// <summary>Appends one message to a conversation's log and answers with its place in it, once that is durable.</summary>
/// <param name="To">The conversation.</param>
/// <param name="Sender">The device that sends.</param>
/// <param name="ClientMsgId">1 to 64 printable ASCII characters, names the attempt: the same (sender, id) again answers with the first
/// result and stores nothing, also if the rest differs or the sender is no longer a member.</param>
/// <param name="Content">A text of 1 byte to 16 KiB of UTF-8, and perhaps the message of the same conversation that it answers.</param>
/// <remarks>Refusals: <c>bad_request</c>, <c>too_large</c>, <c>rate_limited</c>, <c>unavailable</c> (it may be stored later: the same
/// again is safe), <see cref="MessagingErrors.NotAMember"/>.</remarks>
public sealed record SendMessage(ConversationId To, DeviceAddress Sender, string ClientMsgId, MessageContent Content)
    : ICommand<SentMessage>, IRateLimited
{
    DeviceAddress IRateLimited.From => Sender;

    RateClass IRateLimited.Rate => RateClass.Send;
}

/// <summary>A message's place: the sender's ack.</summary>
/// <param name="Id">The server's name of the message.</param>
/// <param name="Conversation">Where it stands; for a repeated attempt where the first one went.</param>
/// <param name="SeqNo">Its place there.</param>
/// <param name="Timestamp">The server's clock when it was first accepted.</param>
/// <param name="Duplicate">Whether the attempt was seen before.</param>
public sealed record SentMessage(MessageId Id, ConversationId Conversation, SeqNo SeqNo, DateTimeOffset Timestamp, bool Duplicate);
