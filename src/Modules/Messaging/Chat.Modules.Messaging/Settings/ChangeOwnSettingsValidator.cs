using Chat.Modules.Messaging.Contracts;
using FluentValidation;

namespace Chat.Modules.Messaging.Settings;

internal sealed class ChangeOwnSettingsValidator : AbstractValidator<ChangeOwnSettings>
{
    public ChangeOwnSettingsValidator() => RuleFor(command => command.MutedUntil).InclusiveBetween(0, ChangeOwnSettings.MaxTime)
        .WithMessage($"mutedUntil is a Unix time in milliseconds from 0 to {ChangeOwnSettings.MaxTime}.");
}
