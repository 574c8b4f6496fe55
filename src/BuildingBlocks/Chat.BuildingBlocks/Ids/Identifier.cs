using System.Buffers;

namespace Chat.BuildingBlocks.Ids;

/// <summary>The alphabet shared by user and device ids: <c>[A-Za-z0-9][A-Za-z0-9._-]{0,63}</c>.</summary>
internal static class Identifier
{
    private const int MaxLength = 64;

    private static readonly SearchValues<char> Alphabet =
        SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-");

    public static bool IsWellFormed(ReadOnlySpan<char> text) =>
        text.Length is > 0 and <= MaxLength && char.IsAsciiLetterOrDigit(text[0]) && !text.ContainsAnyExcept(Alphabet);
}
