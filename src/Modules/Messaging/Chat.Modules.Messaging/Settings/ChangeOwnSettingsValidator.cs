using Chat.BuildingBlocks.Ids;
using Chat.BuildingBlocks.Text;
using Chat.Modules.Messaging.Contracts;
using FluentValidation;
using Microsoft.Extensions.Options;

namespace Chat.Modules.Messaging.Settings;

internal sealed class ChangeOwnSettingsValidator : AbstractValidator<ChangeOwnSettings>
{
    public ChangeOwnSettingsValidator(IOptions<MessagingOptions> options)
    {
        RuleFor(command => command.MutedUntil).InclusiveBetween(0, ChangeOwnSettings.MaxTime)
            .WithMessage($"mutedUntil is a Unix time in milliseconds from 0 to {ChangeOwnSettings.MaxTime}.");
        RuleFor(command => command.ClearedUpTo).InclusiveBetween(0, SeqNo.MaxValue).WithMessage("clearedUpTo is a seqNo.");
        var tooLarge = MessagingErrors.TextTooLarge(options.Value.MaxTextBytes);
        RuleFor(command => command.Draft).Must(draft => draft is null || Utf8Text.Of(draft).Length <= options.Value.MaxTextBytes)
            .WithMessage(tooLarge.Text).WithState(_ => tooLarge.Code);
    }
}
