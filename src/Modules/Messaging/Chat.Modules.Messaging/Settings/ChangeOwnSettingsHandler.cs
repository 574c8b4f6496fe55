using Chat.BuildingBlocks.Errors;
using Chat.BuildingBlocks.Ids;
using Chat.BuildingBlocks.Mediation;
using Chat.Modules.Groups.Contracts;
using Chat.Modules.Messaging.Contracts;
using Chat.Modules.Messaging.Log;
using MediatR;

namespace Chat.Modules.Messaging.Settings;

internal sealed class ChangeOwnSettingsHandler(OwnSettingsDirectory directory, IMessageLog log, IMediator mediator, TimeProvider clock)
    : ICommandHandler<ChangeOwnSettings, OwnSettings>
{
    public async Task<Result<OwnSettings>> Handle(ChangeOwnSettings command, CancellationToken ct)
    {
        var (user, conversation) = (command.Caller.User, command.Conversation);
        if (await mediator.Send(new GetMembership(conversation, user), ct) is null)
            return MessagingErrors.NotAMember;
        // Everybody is a member of any number of direct conversations that nobody has begun: a row for each would have no limit.
        if (conversation.IsDirect && await log.GetHeadAsync(conversation, ct) == SeqNo.None)
            return MessagingErrors.NothingToSet;

        var change = new OwnSettingsChange(command.MutedUntil is { } time ? DateTimeOffset.FromUnixTimeMilliseconds(time) : null);
        if (change != OwnSettingsChange.Nothing)
            await directory.ChangeAsync(user, conversation, change, ct);
        return (await directory.FindAsync(user, conversation, ct)).At(clock.GetUtcNow());
    }
}
