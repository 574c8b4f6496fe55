using System.ComponentModel.DataAnnotations;

namespace Chat.Modules.Media.Signing;

/// <summary>Section <c>Media</c>: signed addresses.</summary>
internal sealed class SigningOptions
{
    /// <summary>How long a signed address is valid, in seconds. 30 to 86 400; default 900.</summary>
    [Range(30, 86_400)] public int SignedAddressSeconds { get; init; } = 900;
}
