using Chat.BuildingBlocks.Errors;
using Chat.BuildingBlocks.Mediation;
using Chat.Modules.Groups.Contracts;
using Chat.Modules.Presence.Contracts;
using MediatR;
using Microsoft.Extensions.Options;

namespace Chat.Modules.Presence.Typing;

/// <summary>The server does not end a typing state: clients end it when nothing more comes.</summary>
internal sealed class SetTypingHandler(IMediator mediator, TypingRepeats repeats, IOptions<PresenceOptions> options, PresenceMetrics metrics)
    : ICommandHandler<SetTyping, Done>
{
    public async Task<Result<Done>> Handle(SetTyping command, CancellationToken ct)
    {
        if (await mediator.Send(new GetMembership(command.Conversation, command.From.User), ct) is null)
            return PresenceErrors.NotAMember;

        var members = await mediator.Send(new GetMembers(command.Conversation), ct);
        if (members.Count > options.Value.TypingMaxMembers || repeats.IsRepeat(command.From, command.Conversation, command.Active))
            metrics.DroppedTyping.Add(1);
        else
            await mediator.Publish(new TypingChanged(command.From, command.Conversation, command.Active, members), ct);
        return new Done();
    }
}
