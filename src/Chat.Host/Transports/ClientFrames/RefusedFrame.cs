using Chat.BuildingBlocks.Errors;
using Chat.Host.Transports.ServerFrames;
using Chat.Modules.Delivery.Contracts;

namespace Chat.Host.Transports.ClientFrames;

/// <summary>Stands for what came and is refused before any module sees it; answered by the refusal.</summary>
/// <param name="Refusal">What is wrong with it.</param>
/// <param name="Named">The attempt that it named, where it did so in a well-formed way.</param>
/// <param name="IsCharged">Whether a rate has been charged for it already; else it costs what bad frames do.</param>
internal sealed record RefusedFrame(Error Refusal, string? Named = null, bool IsCharged = false) : CommandFrame
{
    public override string Type => "error";

    public override string? Attempt => Named;

    public override bool HoldsBackSends => false;

    public override Task<ServerEvent?> AnswerAsync(TransportSession session)
    {
        var answer = new ErrorAnswer(Refusal, Named);
        return Task.FromResult<ServerEvent?>(IsCharged ? answer : session.Charged(answer));
    }
}
