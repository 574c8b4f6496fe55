using Chat.BuildingBlocks.Errors;
using Chat.BuildingBlocks.Mediation;
using Chat.Modules.Identity.Contracts;

namespace Chat.Modules.Identity.Devices;

internal sealed class SweepTokensHandler(Revocations revocations) : ICommandHandler<SweepTokens, int>
{
    public async Task<Result<int>> Handle(SweepTokens command, CancellationToken ct) => await revocations.SweepAsync(ct);
}
