using Chat.Modules.Messaging.Contracts;
using FluentValidation;

namespace Chat.Modules.Messaging.Sending;

/// <summary>What a sender may say of a file.</summary>
internal sealed class MediaReferenceValidator : AbstractValidator<MediaReference>
{
    public MediaReferenceValidator()
    {
        RuleFor(media => media.Waveform).Must(waveform => waveform.Length <= MessageMedia.MaxWaveform)
            .WithMessage($"A waveform has at most {MessageMedia.MaxWaveform} values.");
        RuleFor(media => media.Waveform).Must(waveform => waveform.IsEmpty).When(media => !media.Voice)
            .WithMessage("Only a voice note has a waveform.");
        RuleFor(media => media.Name!).Must(IsName).When(media => media.Name is not null)
            .WithMessage($"A file's name is 1 to {MessageMedia.MaxNameLength} characters, none of them a control character, / or \\.");
    }

    private static bool IsName(string name) =>
        name.Length is > 0 and <= MessageMedia.MaxNameLength && name is not ("." or "..") && !name.Any(unit => char.IsControl(unit) || unit is '/' or '\\');
}
