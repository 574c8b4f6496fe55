using System.Diagnostics.CodeAnalysis;
using System.Text.Json.Serialization;

namespace Chat.BuildingBlocks.Ids;

/// <summary>
/// A conversation. Direct: <c>dm:{a}:{b}</c>, the two user ids in ordinal order, its own membership list; <c>dm:{a}:{a}</c> is a user's note to itself.
/// Group or channel: <c>g:</c> and 32 lower-case hex digits, made by the server.
/// </summary>
[JsonConverter(typeof(ParsableJsonConverter<ConversationId>))]
public readonly record struct ConversationId : IParsable<ConversationId>
{
    private const string DirectPrefix = "dm:";
    private const string GroupPrefix = "g:";
    private const int GroupLength = 34;
    private const string Self = "@me";

    private ConversationId(string value) => Value = value;

    public string Value { get; }

    public bool IsDirect => Value[0] == 'd';

    /// <summary>Whether it is a user's conversation with itself.</summary>
    public bool IsNoteToSelf
    {
        get
        {
            if (!IsDirect)
                return false;
            var pair = Value.AsSpan(DirectPrefix.Length);
            var colon = pair.IndexOf(':');
            return pair[..colon].SequenceEqual(pair[(colon + 1)..]);
        }
    }

    /// <summary>The users of a direct conversation, each once, in ordinal order.</summary>
    /// <exception cref="InvalidOperationException">The conversation is a group.</exception>
    public IReadOnlyList<UserId> Members
    {
        get
        {
            var (first, second) = Users;
            return first == second ? [first] : [first, second];
        }
    }

    /// <summary>The two users of a direct conversation, in ordinal order; in a note to self twice the same.</summary>
    /// <exception cref="InvalidOperationException">The conversation is a group.</exception>
    public (UserId First, UserId Second) Users
    {
        get
        {
            if (!IsDirect)
                throw new InvalidOperationException("A group's members are not in its id.");
            var colon = Value.IndexOf(':', DirectPrefix.Length);
            return (new UserId(Value[DirectPrefix.Length..colon]), new UserId(Value[(colon + 1)..]));
        }
    }

    /// <summary>Whether a direct conversation is between <paramref name="user"/> and somebody; false for a group.</summary>
    public bool IsDirectOf(UserId user)
    {
        if (!IsDirect)
            return false;
        var pair = Value.AsSpan(DirectPrefix.Length);
        var id = user.Value.AsSpan();
        return (pair.StartsWith(id) && pair.Length > id.Length && pair[id.Length] == ':')
            || (pair.EndsWith(id) && pair.Length > id.Length && pair[^(id.Length + 1)] == ':');
    }

    public static ConversationId Direct(UserId one, UserId other) => string.CompareOrdinal(one.Value, other.Value) <= 0
        ? new($"{DirectPrefix}{one.Value}:{other.Value}")
        : new($"{DirectPrefix}{other.Value}:{one.Value}");

    /// <summary>The target in a request: a conversation id, <c>@userId</c> for the direct conversation with that user (not oneself), or <c>@me</c> for the note to self.</summary>
    public static bool TryParseTarget([NotNullWhen(true)] string? to, UserId sender, out ConversationId result)
    {
        if (to is not ['@', ..])
            return TryParse(to, out result);
        var other = sender;
        var found = to == Self || (UserId.TryParse(to[1..], out other) && other != sender);
        result = found ? Direct(sender, other) : default;
        return found;
    }

    public static ConversationId NewGroup() =>
        new($"{GroupPrefix}{System.Security.Cryptography.RandomNumberGenerator.GetHexString(32, lowercase: true)}");

    public static ConversationId Parse(string s, IFormatProvider? provider = null) =>
        TryParse(s, provider, out var id) ? id : throw new FormatException("Not a conversation id.");

    public static bool TryParse([NotNullWhen(true)] string? s, IFormatProvider? provider, out ConversationId result)
    {
        var wellFormed = s is not null && (IsGroup(s) || IsDirectPair(s));
        result = wellFormed ? new ConversationId(s!) : default;
        return wellFormed;
    }

    public static bool TryParse([NotNullWhen(true)] string? s, out ConversationId result) => TryParse(s, null, out result);

    public override string ToString() => Value;

    private static bool IsGroup(ReadOnlySpan<char> text) =>
        text.Length == GroupLength && text.StartsWith(GroupPrefix)
        && !text[GroupPrefix.Length..].ContainsAnyExcept(HexDigits);

    private static bool IsDirectPair(ReadOnlySpan<char> text)
    {
        if (!text.StartsWith(DirectPrefix))
            return false;
        var pair = text[DirectPrefix.Length..];
        var colon = pair.IndexOf(':');
        return colon > 0
            && Identifier.IsWellFormed(pair[..colon]) && Identifier.IsWellFormed(pair[(colon + 1)..])
            && pair[..colon].SequenceCompareTo(pair[(colon + 1)..]) <= 0;
    }

    private static readonly System.Buffers.SearchValues<char> HexDigits = System.Buffers.SearchValues.Create("0123456789abcdef");
}
