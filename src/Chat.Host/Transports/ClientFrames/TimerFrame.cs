using Chat.BuildingBlocks.Ids;
using Chat.BuildingBlocks.Mediation;
using Chat.Host.Transports.Frames;
using Chat.Host.Transports.SignalR;
using Chat.Modules.Messaging.Contracts;

namespace Chat.Host.Transports.ClientFrames;

/// <summary>Sets after how many seconds later messages of a conversation expire; 0 for never.</summary>
internal sealed record TimerFrame(ConversationId To, long Seconds, string ClientMsgId) : SendFrame(To, ClientMsgId, LastSeen: null)
{
    private static readonly FrameField SecondsField = new("seconds");

    public static readonly ClientFrameSpec Spec = new(
        "timer", nameof(HubMethods.SetTimer), [FrameField.To, SecondsField, FrameField.ClientMsgId],
        (in fields, from) => new TimerFrame(fields.Target(from), fields.Integer(SecondsField, lowest: 0) ?? throw FrameFields.Missing(SecondsField), fields.ClientMsgId()));

    public override string Type => Spec.Type;

    public override ICommand<SentMessage> ToCommand(DeviceAddress from) => new SetTimer(To, from, ClientMsgId, Seconds);
}

internal abstract partial class HubMethods
{
    public Task<HubFrame?> SetTimer(HubRequest request) => AnswerAsync(TimerFrame.Spec, request);
}
