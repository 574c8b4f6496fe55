using Chat.Modules.Messaging.Contracts;
using Chat.Modules.Messaging.Sending;
using FluentValidation;

namespace Chat.Modules.Messaging.Changes;

/// <summary>What is malformed whatever the message is. A text and an emoji are looked at after the message, as the protocol names refusals in that order.</summary>
internal sealed class ChangeMessageValidator : AbstractValidator<ChangeMessage>
{
    public ChangeMessageValidator()
    {
        RuleFor(command => command.ClientMsgId).Must(SendMessageValidator.IsClientMsgId).WithMessage(SendMessageValidator.ClientMsgIdText);
        RuleFor(command => command.Kind).Must(kind => kind is MessageKind.Edit or MessageKind.Delete or MessageKind.Reaction or MessageKind.Pin)
            .WithMessage("A change is an edit, a delete, a reaction or a pin.");
    }
}
