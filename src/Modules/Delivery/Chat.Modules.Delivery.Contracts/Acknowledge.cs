using Chat.BuildingBlocks.Errors;
using Chat.BuildingBlocks.Ids;
using Chat.BuildingBlocks.Mediation;

namespace Chat.Modules.Delivery.Contracts;

/// <summary>What an ack says.</summary>
public enum AckStatus
{
    /// <summary>The device has the messages.</summary>
    Delivered,

    /// <summary>The user has read the messages; implies delivered to that device.</summary>
    Read,
}

/// <summary>A device has every message of a conversation up to <paramref name="SeqNo"/>. Cumulative; an ack below the cursor changes nothing.</summary>
/// <remarks>Refusals: <c>bad_request</c> above the conversation's head, <c>not_a_member</c>.</remarks>
public sealed record Acknowledge(DeviceAddress From, ConversationId Conversation, SeqNo SeqNo, AckStatus Status) : ICommand<Done>;

/// <summary>The same, with the message's id instead of its seqNo.</summary>
/// <remarks>Refusals: <c>not_a_member</c>, also if the message is unknown or in a conversation of others.</remarks>
public sealed record AcknowledgeMessage(DeviceAddress From, MessageId Message, AckStatus Status) : ICommand<Done>;
