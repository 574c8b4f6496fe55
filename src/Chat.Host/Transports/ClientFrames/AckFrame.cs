using Chat.BuildingBlocks.Errors;
using Chat.BuildingBlocks.Ids;
using Chat.BuildingBlocks.Mediation;
using Chat.Host.Transports.Frames;
using Chat.Host.Transports.ServerFrames;
using Chat.Host.Transports.SignalR;
using Chat.Modules.Delivery.Contracts;

namespace Chat.Host.Transports.ClientFrames;

/// <summary>Acks a message and all before it. No device's rate counts acks, as they make room; one that is refused costs more, though.</summary>
internal abstract record AckFrame(AckStatus Status) : CommandFrame
{
    private static readonly FrameField SeqNoField = new("seqNo");
    private static readonly FrameField StatusField = new("status");

    public static readonly ClientFrameSpec Spec = new(
        "ack", nameof(HubMethods.Ack), [FrameField.ConversationId, SeqNoField, StatusField, FrameField.MessageId], Read);

    public sealed override string Type => Spec.Type;

    public sealed override bool HoldsBackSends => false;

    public sealed override bool ShowsThatClientReads => true;

    public sealed override async Task<ServerEvent?> AnswerAsync(TransportSession session) =>
        (await session.SendAsync(ToCommand(session.Device))).Error is { } error ? session.Charged(new ErrorAnswer(error)) : null;

    protected abstract ICommand<Done> ToCommand(DeviceAddress from);

    // By place where the frame gives one, as that needs no look-up; a client may hand back a message's fields with the status added.
    private static AckFrame Read(in FrameFields fields, UserId from)
    {
        var status = fields.String(StatusField) switch
        {
            "delivered" => AckStatus.Delivered,
            "read" => AckStatus.Read,
            _ => throw new MalformedFrameException("status is delivered or read."),
        };
        if (fields.SeqNo(SeqNoField, lowest: 1) is { } seqNo)
            return new AckPlaceFrame(fields.Conversation(), seqNo, status);
        var message = fields.MessageId(FrameField.MessageId)
            ?? throw new MalformedFrameException("An ack has a messageId, or a conversationId and a seqNo.");
        return new AckMessageFrame(message, status);
    }
}

internal sealed record AckPlaceFrame(ConversationId Conversation, SeqNo SeqNo, AckStatus Status) : AckFrame(Status)
{
    protected override ICommand<Done> ToCommand(DeviceAddress from) => new Acknowledge(from, Conversation, SeqNo, Status);
}

internal sealed record AckMessageFrame(MessageId Message, AckStatus Status) : AckFrame(Status)
{
    protected override ICommand<Done> ToCommand(DeviceAddress from) => new AcknowledgeMessage(from, Message, Status);
}

internal abstract partial class HubMethods
{
    public Task<HubFrame?> Ack(HubRequest request) => AnswerAsync(AckFrame.Spec, request);
}
