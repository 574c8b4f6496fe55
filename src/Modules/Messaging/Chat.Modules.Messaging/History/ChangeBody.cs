using System.Text.Json.Serialization;
using Chat.BuildingBlocks.Ids;
using Chat.BuildingBlocks.Text;
using Chat.Modules.Messaging.Contracts;

namespace Chat.Modules.Messaging.History;

/// <summary>A change or notice as REST shows it: the fields of the <c>change</c> frame.</summary>
internal sealed record ChangeBody(
    MessageId MessageId, ConversationId ConversationId, SeqNo SeqNo, UserId SenderId, long Timestamp, string Kind,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] TargetBody? Target,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] Utf8Text? Text,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] Mentions? Mentions,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] MessageId? ThreadId,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] SeqNo? ThreadSeqNo,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Emoji,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] bool? On,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] int? Seconds,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)] bool Concurrent,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? ClientMsgId,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? What,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] UserId? UserId,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] IReadOnlyList<UserId>? UserIds,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Value)
{
    /// <param name="entry">The change.</param>
    /// <param name="reader">Who is shown it: the sender sees its clientMsgId.</param>
    public static ChangeBody For(LoggedMessage entry, UserId reader)
    {
        var (kind, change, notice) = (entry.Content.Kind, entry.Content.Change, entry.Content.Notice);
        return new ChangeBody(
            entry.Id, entry.Conversation, entry.SeqNo, entry.Sender.User, entry.Timestamp.ToUnixTimeMilliseconds(), entry.Content.ChangeName!,
            change is null ? null : new TargetBody(change.Target.Id, change.Target.SeqNo), kind is MessageKind.Edit ? entry.Content.Text : null, entry.Content.Mentions,
            entry.Content.Thread?.Id, entry.Content.Thread?.SeqNo, change?.Emoji,
            kind is MessageKind.Reaction or MessageKind.Pin ? change?.On : null, entry.Content.TimerSeconds, change?.Concurrent ?? false,
            notice is null && entry.Sender.User == reader ? entry.ClientMsgId : null,
            notice?.What, notice?.User, notice is { Users: { Count: > 0 } users } ? users : null, notice?.Value);
    }
}

/// <summary>The message that a change is about.</summary>
internal sealed record TargetBody(MessageId MessageId, SeqNo SeqNo);
