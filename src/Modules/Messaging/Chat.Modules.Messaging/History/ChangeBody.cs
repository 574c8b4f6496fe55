using System.Text.Json.Serialization;
using Chat.BuildingBlocks.Ids;
using Chat.BuildingBlocks.Text;
using Chat.Modules.Messaging.Contracts;

namespace Chat.Modules.Messaging.History;

/// <summary>A change as REST shows it: the fields of the <c>change</c> frame.</summary>
internal sealed record ChangeBody(
    MessageId MessageId, ConversationId ConversationId, SeqNo SeqNo, UserId SenderId, long Timestamp, string Kind, TargetBody Target,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] Utf8Text? Text,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Emoji,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] bool? On,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)] bool Concurrent,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? ClientMsgId)
{
    /// <param name="entry">The change.</param>
    /// <param name="reader">Who is shown it: the sender sees its clientMsgId.</param>
    public static ChangeBody For(LoggedMessage entry, UserId reader)
    {
        var (kind, change) = (entry.Content.Kind, entry.Content.Change!);
        return new ChangeBody(
            entry.Id, entry.Conversation, entry.SeqNo, entry.Sender.User, entry.Timestamp.ToUnixTimeMilliseconds(), entry.Content.ChangeName!,
            new TargetBody(change.Target.Id, change.Target.SeqNo), kind is MessageKind.Edit ? entry.Content.Text : null, change.Emoji,
            kind is MessageKind.Reaction or MessageKind.Pin ? change.On : null, change.Concurrent, entry.Sender.User == reader ? entry.ClientMsgId : null);
    }
}

/// <summary>The message that a change is about.</summary>
internal sealed record TargetBody(MessageId MessageId, SeqNo SeqNo);
