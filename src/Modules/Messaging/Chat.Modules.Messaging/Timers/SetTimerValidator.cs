using Chat.Modules.Messaging.Contracts;
using Chat.Modules.Messaging.Sending;
using FluentValidation;

namespace Chat.Modules.Messaging.Timers;

internal sealed class SetTimerValidator : AbstractValidator<SetTimer>
{
    public SetTimerValidator()
    {
        RuleFor(command => command.ClientMsgId).Must(SendMessageValidator.IsClientMsgId).WithMessage(SendMessageValidator.ClientMsgIdText);
        RuleFor(command => command.Seconds).Must(seconds => seconds is 0 or (>= SetTimer.MinSeconds and <= SetTimer.MaxSeconds))
            .WithMessage($"seconds is 0, or from {SetTimer.MinSeconds} to {SetTimer.MaxSeconds}.");
    }
}
