using System.Globalization;
using ADRaffy.ENSNormalize;
using Chat.BuildingBlocks.Errors;
using Chat.BuildingBlocks.Ids;
using Zxcvbn.Matcher;

namespace Chat.Modules.Identity.Accounts;

/// <summary>The rules for new passwords, and the form in which passwords are compared. Lengths are in UTF-16 units.</summary>
internal static class PasswordRules
{
    public const int MaxLength = 256;

    private const int MinLength = 8;
    private const int MinDifferent = 4;

    /// <summary>So many of the most common passwords are refused.</summary>
    private const int Common = 10_000;

    /// <summary>The list has no longer ones.</summary>
    private const int MaxCommonLength = 64;

    // The list of package zxcvbn-core, most common first.
    private static readonly DictionaryMatcher List = new("passwords", "passwords.lst");

    /// <summary>
    /// The form that is hashed: RFC 8265's OpaqueString, so that a password is the same from every keyboard. Every space becomes U+0020, and characters are
    /// composed (NFC). Uses a library, since .NET's own normalisation does nothing with <c>InvariantGlobalization</c>.
    /// </summary>
    public static string Normalise(string password) => IsAscii(password)
        ? password
        : ENSNormalize.NF.NFC(string.Concat(password.Select(c => char.GetUnicodeCategory(c) == UnicodeCategory.SpaceSeparator ? ' ' : c)));

    /// <summary>The fault of a new password (<c>bad_request</c>); null if it is valid.</summary>
    public static Error? FaultOfNew(UserId user, string password)
    {
        if (password.Length > MaxLength)
            return TooLong;
        var normal = Normalise(password);
        if (normal.Length < MinLength)
            return Error.BadRequest($"A password has at least {MinLength} characters.");
        if (normal.Any(char.IsControl))
            return Error.BadRequest("A password has no control characters.");
        if (normal.Distinct().Count() < MinDifferent || IsCommon(normal))
            return Error.BadRequest("This password is too common; choose another.");
        return string.Equals(normal, user.Value, StringComparison.OrdinalIgnoreCase)
            ? Error.BadRequest("A password is not the user's own id.")
            : null;
    }

    public static Error TooLong { get; } = Error.BadRequest($"A password has at most {MaxLength} characters.");

    private static bool IsCommon(string password) => password.Length <= MaxCommonLength && List.MatchPassword(password)
        .OfType<DictionaryMatch>().Any(match => match.i == 0 && match.j == password.Length - 1 && match.Rank <= Common);

    private static bool IsAscii(string text) => System.Text.Ascii.IsValid(text);
}
