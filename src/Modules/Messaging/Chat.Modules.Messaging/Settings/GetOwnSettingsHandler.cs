using Chat.BuildingBlocks.Mediation;
using Chat.Modules.Messaging.Contracts;

namespace Chat.Modules.Messaging.Settings;

internal sealed class GetOwnSettingsHandler(OwnSettingsDirectory directory, TimeProvider clock) : IQueryHandler<GetOwnSettings, OwnSettings>
{
    public async Task<OwnSettings> Handle(GetOwnSettings query, CancellationToken ct) =>
        (await directory.FindAsync(query.User, query.Conversation, ct)).At(clock.GetUtcNow());
}
