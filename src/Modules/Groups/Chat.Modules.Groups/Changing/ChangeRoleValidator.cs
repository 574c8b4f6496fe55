using Chat.Modules.Groups.Contracts;
using FluentValidation;

namespace Chat.Modules.Groups.Changing;

internal sealed class ChangeRoleValidator : AbstractValidator<ChangeRole>
{
    public ChangeRoleValidator() =>
        RuleFor(command => command.Role).IsInEnum().WithMessage("Give role as member, admin or owner.");
}
