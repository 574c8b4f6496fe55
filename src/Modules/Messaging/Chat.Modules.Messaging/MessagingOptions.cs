using System.ComponentModel.DataAnnotations;

namespace Chat.Modules.Messaging;

/// <summary>Section <c>Messaging</c>.</summary>
internal sealed class MessagingOptions
{
    /// <summary>A text's length at most, in bytes of UTF-8. 1 to 16 384 (the protocol's limit); default 16 384.</summary>
    [Range(1, 16_384)] public int MaxTextBytes { get; init; } = 16_384;
}
