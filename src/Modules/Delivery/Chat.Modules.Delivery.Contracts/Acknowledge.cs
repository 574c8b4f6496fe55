using Chat.BuildingBlocks.Errors;
using Chat.BuildingBlocks.Ids;
using Chat.BuildingBlocks.Mediation;

namespace Chat.Modules.Delivery.Contracts;

/// <summary>What a device says of messages.</summary>
public enum AckStatus
{
    /// <summary>The device has them.</summary>
    Delivered,

    /// <summary>The user has read them; implies delivered to that device.</summary>
    Read,
}

/// <summary>A device has everything in a conversation up to a place. Cumulative; below the cursor it changes nothing.</summary>
/// <param name="From">The device.</param>
/// <param name="Conversation">Where.</param>
/// <param name="SeqNo">Up to here; beyond the head is <c>bad_request</c>.</param>
/// <param name="Status">Delivered, or read.</param>
/// <remarks>Refusals: <c>bad_request</c>, <c>not_a_member</c>.</remarks>
public sealed record Acknowledge(DeviceAddress From, ConversationId Conversation, SeqNo SeqNo, AckStatus Status) : ICommand<Done>;

/// <summary>The same, told by the message at that place.</summary>
/// <param name="From">The device.</param>
/// <param name="Message">The message; an unknown one and one of others' conversations are <c>not_a_member</c>.</param>
/// <param name="Status">Delivered, or read.</param>
public sealed record AcknowledgeMessage(DeviceAddress From, MessageId Message, AckStatus Status) : ICommand<Done>;
