using Chat.Modules.Groups.Contracts;
using FluentValidation;
using Microsoft.Extensions.Options;

namespace Chat.Modules.Groups.Changing;

internal sealed class CreateGroupValidator : AbstractValidator<CreateGroup>
{
    public CreateGroupValidator(IOptions<GroupsOptions> options)
    {
        RuleFor(command => command.Title).IsTitle();
        RuleFor(command => command.Members).Cascade(CascadeMode.Stop)
            .NotNull().WithMessage("Give members, a list of user ids; it may be empty.")
            .AreAtMost(options.Value.MaxMembersPerRequest);
        RuleFor(command => command.History).IsInEnum().WithMessage("Give history as all or fromJoin.");
    }
}
