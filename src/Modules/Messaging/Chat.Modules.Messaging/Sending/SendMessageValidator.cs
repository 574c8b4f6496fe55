using System.Buffers;
using Chat.BuildingBlocks.Errors;
using Chat.Modules.Messaging.Contracts;
using FluentValidation;
using FluentValidation.Results;
using Microsoft.Extensions.Options;

namespace Chat.Modules.Messaging.Sending;

/// <summary>
/// The one validator on the path of every message: the check is written out, as the library's rules, and the context it makes for them, would cost
/// a kilobyte for each message that passes; only failures go through its types.
/// </summary>
internal sealed class SendMessageValidator(IOptions<MessagingOptions> options) : AbstractValidator<SendMessage>, IValidator<SendMessage>
{
    public const string ClientMsgIdText = "clientMsgId is 1 to 64 printable ASCII characters.";

    private const int MaxClientMsgIdLength = 64;

    private static readonly ValidationResult Passed = new();
    private static readonly MediaReferenceValidator OfMedia = new();
    private static readonly SearchValues<char> Printable =
        SearchValues.Create([.. Enumerable.Range(0x20, 0x7f - 0x20).Select(code => (char)code)]);

    public static bool IsClientMsgId(string id) => id.Length is > 0 and <= MaxClientMsgIdLength && !id.AsSpan().ContainsAnyExcept(Printable);

    ValidationResult IValidator<SendMessage>.Validate(SendMessage instance) => Check(instance);

    public override ValidationResult Validate(ValidationContext<SendMessage> context) => Check(context.InstanceToValidate);

    private ValidationResult Check(SendMessage command)
    {
        if (!IsClientMsgId(command.ClientMsgId))
            return Failed(nameof(command.ClientMsgId), Error.BadRequest(ClientMsgIdText));
        var text = command.Content.Text;
        var media = command.Media ?? [];
        if (text.Length == 0 && media.Count == 0)
            return Failed(nameof(text), Error.BadRequest("The text is empty."));
        if (text.Length > options.Value.MaxTextBytes)
            return Failed(nameof(text), MessagingErrors.TextTooLarge(options.Value.MaxTextBytes));
        if (!text.IsValid)
            return Failed(nameof(text), Error.BadRequest("The text is not UTF-8."));
        return media.Count == 0 ? Passed : Check(media);
    }

    private static ValidationResult Check(IReadOnlyList<MediaReference> media)
    {
        if (media.Count > MessageMedia.MaxCount)
            return Failed(nameof(media), Error.BadRequest($"A message has at most {MessageMedia.MaxCount} files."));
        if (media.DistinctBy(one => one.Id).Count() < media.Count)
            return Failed(nameof(media), Error.BadRequest("A message has a file once."));
        return media.Select(OfMedia.Validate).FirstOrDefault(result => !result.IsValid, Passed);
    }

    private static ValidationResult Failed(string property, Error error) =>
        new([new ValidationFailure(property, error.Text) { CustomState = error.Code }]);
}
