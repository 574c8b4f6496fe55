using System.Text;

namespace Chat.BuildingBlocks.Text;

/// <summary>Text from clients, as the UTF-8 it is stored and sent in.</summary>
public static class Utf8
{
    private static readonly UTF8Encoding Strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <summary>The text's length in bytes; null where a lone surrogate keeps it from being UTF-8 at all.</summary>
    public static int? ByteCount(string text)
    {
        try
        {
            return Strict.GetByteCount(text);
        }
        catch (EncoderFallbackException)
        {
            return null;
        }
    }
}
