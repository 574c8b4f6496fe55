using Chat.Modules.Groups.Contracts;
using FluentValidation;

namespace Chat.Modules.Groups.Changing;

internal sealed class ChangeGroupValidator : AbstractValidator<ChangeGroup>
{
    public ChangeGroupValidator()
    {
        RuleFor(command => command).Must(command => command.Title is not null || command.History is not null)
            .WithMessage("Give what to change: title, history, or both.");
        RuleFor(command => command.Title).IsTitle().When(command => command.Title is not null);
        RuleFor(command => command.History).IsInEnum().WithMessage("Give history as all or fromJoin.");
    }
}
