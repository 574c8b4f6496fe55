using System.Globalization;
using Chat.BuildingBlocks.Ids;

namespace Chat.Modules.Messaging.Conversations;

/// <summary>A conversation's place in the list: newest activity first, then by id. Written <c>{unix ms}~{conversationId}</c>, opaque to clients.</summary>
internal sealed record PagePlace(DateTimeOffset Activity, ConversationId Conversation) : IComparable<PagePlace>
{
    public static PagePlace? Parse(string text)
    {
        var tilde = text.IndexOf('~', StringComparison.Ordinal);
        return tilde > 0
            && long.TryParse(text.AsSpan(0, tilde), NumberStyles.None, CultureInfo.InvariantCulture, out var unixMs)
            && unixMs <= DateTimeOffset.MaxValue.ToUnixTimeMilliseconds()
            && ConversationId.TryParse(text[(tilde + 1)..], out var conversation)
                ? new PagePlace(DateTimeOffset.FromUnixTimeMilliseconds(unixMs), conversation)
                : null;
    }

    public int CompareTo(PagePlace? other) =>
        other is null ? 1
        : other.UnixMs != UnixMs ? other.UnixMs.CompareTo(UnixMs)
        : string.CompareOrdinal(Conversation.Value, other.Conversation.Value);

    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{UnixMs}~{Conversation}");

    private long UnixMs => Activity.ToUnixTimeMilliseconds();
}
