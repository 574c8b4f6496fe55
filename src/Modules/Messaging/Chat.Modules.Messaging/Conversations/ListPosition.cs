using System.Globalization;
using Chat.BuildingBlocks.Ids;
using Chat.Modules.Messaging.Log;

namespace Chat.Modules.Messaging.Conversations;

/// <summary>A conversation's place in the list: newest activity first, then by id.</summary>
internal sealed record ListPosition(Activity Activity, ConversationId Conversation) : IComparable<ListPosition>
{
    public int CompareTo(ListPosition? other) =>
        other is null ? 1
        : other.Activity != Activity ? other.Activity.CompareTo(Activity)
        : string.CompareOrdinal(Conversation.Value, other.Conversation.Value);
}

/// <summary>
/// Where a list that is read page by page goes on. It goes down from the newest activity to the end; and then up, from where the activity was when
/// the reading began: what had activity meanwhile has moved above the pages that were still to come. Opaque to clients; written
/// <c>{activity}~{begun}~{conversationId}</c>.
/// </summary>
/// <param name="After">The last of the page before.</param>
/// <param name="Begun">Going down: what moves after the reading began has higher activity than this. Null: going up.</param>
internal sealed record PageStart(ListPosition After, Activity? Begun)
{
    private const string Up = "up";

    public static PageStart? Parse(string text) =>
        text.Split('~', 3) is [var activity, var begun, var id]
        && TryParse(activity, out var after) && ConversationId.TryParse(id, out var conversation)
            ? begun == Up ? new PageStart(new ListPosition(after, conversation), null)
            : TryParse(begun, out var start) ? new PageStart(new ListPosition(after, conversation), start)
            : null
            : null;

    public override string ToString() => string.Create(
        CultureInfo.InvariantCulture, $"{After.Activity.Value}~{(Begun is { } begun ? begun.Value.ToString(CultureInfo.InvariantCulture) : Up)}~{After.Conversation}");

    private static bool TryParse(string text, out Activity activity)
    {
        var isNumber = long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var value);
        activity = new Activity(value);
        return isNumber;
    }
}
