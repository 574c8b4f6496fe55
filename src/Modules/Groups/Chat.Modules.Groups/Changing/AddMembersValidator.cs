using Chat.Modules.Groups.Contracts;
using FluentValidation;
using Microsoft.Extensions.Options;

namespace Chat.Modules.Groups.Changing;

internal sealed class AddMembersValidator : AbstractValidator<AddMembers>
{
    public AddMembersValidator(IOptions<GroupsOptions> options) =>
        RuleFor(command => command.Members).Cascade(CascadeMode.Stop)
            .NotEmpty().WithMessage("Give members, a list of at least one user id.")
            .AreAtMost(options.Value.MaxMembersPerRequest);
}
