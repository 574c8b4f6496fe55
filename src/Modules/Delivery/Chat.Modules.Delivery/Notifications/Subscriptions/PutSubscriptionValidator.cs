using System.Buffers;
using System.Buffers.Text;
using System.Text;
using FluentValidation;

namespace Chat.Modules.Delivery.Notifications.Subscriptions;

internal sealed class PutSubscriptionValidator : AbstractValidator<PutSubscription>
{
    // RFC 8291: an uncompressed point of P-256, and 16 random bytes.
    private const int KeyBytes = 65;
    private const int SecretBytes = 16;

    // Apple's tokens had 32 bytes, and may have up to 100.
    private const int MinTokenDigits = 64;
    private const int MaxTokenDigits = 200;
    private const int MaxTopicBytes = 255;

    private static readonly SearchValues<char> Hex = SearchValues.Create("0123456789abcdefABCDEF");
    private static readonly SearchValues<char> Visible = SearchValues.Create([.. Enumerable.Range('!', '~' - '!' + 1).Select(code => (char)code)]);

    public PutSubscriptionValidator()
    {
        ClassLevelCascadeMode = CascadeMode.Stop;
        RuleFor(command => command.Kind).NotNull().IsInEnum().WithMessage("kind is webpush, fcm or apns.");
        RuleFor(command => command.Content).IsInEnum().WithMessage("content is full, sender or none.");
        When(command => command.Kind is PushKind.WebPush, () =>
        {
            RuleFor(command => command.Address).Must(IsHttps)
                .WithMessage($"endpoint is an https address without user and fragment, of at most {PushSubscription.MaxAddressBytes} bytes.");
            RuleFor(command => command.P256dh).Must(text => BytesOf(text) is [4, ..] and { Length: KeyBytes })
                .WithMessage("keys.p256dh is an uncompressed point of P-256 (65 bytes), as base64url.");
            RuleFor(command => command.Auth).Must(text => BytesOf(text) is { Length: SecretBytes }).WithMessage("keys.auth has 16 bytes, as base64url.");
        });
        When(command => command.Kind is PushKind.Fcm, () => RuleFor(command => command.Address)
            .Must(token => token is { Length: > 0 and <= PushSubscription.MaxAddressBytes } && !token.AsSpan().ContainsAnyExcept(Visible))
            .WithMessage($"token has 1 to {PushSubscription.MaxAddressBytes} printable ASCII characters without blanks."));
        When(command => command.Kind is PushKind.Apns, () =>
        {
            RuleFor(command => command.Address)
                .Must(token => token is { Length: >= MinTokenDigits and <= MaxTokenDigits } && token.Length % 2 == 0 && !token.AsSpan().ContainsAnyExcept(Hex))
                .WithMessage($"token has {MinTokenDigits} to {MaxTokenDigits} hex digits.");
            RuleFor(command => command.Topic)
                .Must(topic => topic is { Length: > 0 and <= MaxTopicBytes } && !topic.AsSpan().ContainsAnyExcept(Visible))
                .WithMessage($"topic is the app's bundle id, of at most {MaxTopicBytes} printable ASCII characters.");
        });
    }

    private static bool IsHttps(string? address) =>
        address is not null && Encoding.UTF8.GetByteCount(address) <= PushSubscription.MaxAddressBytes
        && Uri.TryCreate(address, UriKind.Absolute, out var uri) && uri.Scheme == Uri.UriSchemeHttps && uri.UserInfo.Length == 0 && uri.Fragment.Length == 0;

    // Browsers leave the padding out; some libraries write it.
    private static byte[]? BytesOf(string? text)
    {
        if (text is null or { Length: > 2 * KeyBytes } || !Base64Url.IsValid(text))
            return null;
        return Base64Url.DecodeFromChars(text);
    }
}
