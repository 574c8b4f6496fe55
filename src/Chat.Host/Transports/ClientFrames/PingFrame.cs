using Chat.Host.Transports.Frames;
using Chat.Host.Transports.ServerFrames;
using Chat.Modules.Delivery.Contracts;

namespace Chat.Host.Transports.ClientFrames;

/// <summary>Asks for a pong. The hub has SignalR's own ping.</summary>
internal sealed record PingFrame : CommandFrame
{
    public static readonly ClientFrameSpec Spec = new("ping", hubMethod: null, [], (in _, _) => new PingFrame());

    public override string Type => Spec.Type;

    public override Task<ServerEvent?> AnswerAsync(TransportSession session) =>
        Task.FromResult<ServerEvent?>(session.ChargeUncounted() is { } refusal ? new ErrorAnswer(refusal) : new Pong());
}
