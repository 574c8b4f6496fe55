using System.Text.Json;
using Chat.BuildingBlocks.Ids;
using Chat.Host.Transports.Frames;
using Chat.Modules.Delivery.Contracts;
using Chat.Modules.Messaging.Contracts;

namespace Chat.Host.Transports.ServerFrames;

/// <summary>A message or the conversation was changed, or something happened to it.</summary>
internal readonly struct ChangeFrame : IServerFrame<ChangeEvent>
{
    public static string Type => "change";

    public void WriteTo<TWriter>(ChangeEvent e, ref TWriter fields) where TWriter : struct, IFieldWriter
    {
        new ChangeFields(e.ToSender ? e.Message.Sender.User : null).WriteTo(e.Message, ref fields);
    }
}

/// <summary>The fields of a change or notice, in a frame of its own or in a page.</summary>
/// <param name="reader">The user whose own changes show their <c>clientMsgId</c>; null for nobody.</param>
internal readonly struct ChangeFields(UserId? reader) : IFieldsOf<LoggedMessage>
{
    private static readonly JsonEncodedText Kind = JsonEncodedText.Encode("kind");
    private static readonly JsonEncodedText Target = JsonEncodedText.Encode("target");
    private static readonly JsonEncodedText On = JsonEncodedText.Encode("on");
    private static readonly JsonEncodedText Seconds = JsonEncodedText.Encode("seconds");
    private static readonly JsonEncodedText What = JsonEncodedText.Encode("what");
    private static readonly JsonEncodedText Value = JsonEncodedText.Encode("value");

    public void WriteTo<TWriter>(LoggedMessage entry, ref TWriter fields) where TWriter : struct, IFieldWriter
    {
        fields.Id(FieldNames.MessageId, entry.Id.Value);
        fields.Text(FieldNames.ConversationId, entry.Conversation.Value);
        fields.Number(FieldNames.SeqNo, entry.SeqNo.Value);
        fields.Text(FieldNames.SenderId, entry.Sender.User.Value);
        fields.Number(FieldNames.Timestamp, entry.Timestamp.ToUnixTimeMilliseconds());
        fields.Text(Kind, entry.Content.ChangeName);
        if (entry.Content.Notice is { } notice)
        {
            WriteNotice(notice, ref fields);
            return;
        }
        if (entry.Content.Change is { } change)
            WriteChange(change, entry, ref fields);
        fields.Number(Seconds, entry.Content.TimerSeconds);
        if (entry.Sender.User == reader)
            fields.Text(FieldNames.ClientMsgId, entry.ClientMsgId);
    }

    private static void WriteChange<TWriter>(MessageChange change, LoggedMessage entry, ref TWriter fields) where TWriter : struct, IFieldWriter
    {
        var kind = entry.Content.Kind;
        fields.Object(Target, change.Target, default(TargetFields));
        if (kind is MessageKind.Edit)
            fields.Text(FieldNames.Text, entry.Content.Text);
        if (entry.Content.Mentions is { } mentions)
            fields.Texts(FieldNames.Mentions, mentions.Names);
        fields.Id(FieldNames.ThreadId, entry.Content.Thread?.Id.Value);
        fields.Number(FieldNames.ThreadSeqNo, entry.Content.Thread?.SeqNo.Value);
        fields.Text(FieldNames.Emoji, change.Emoji);
        if (kind is MessageKind.Reaction or MessageKind.Pin)
            fields.Flag(On, change.On);
        if (change.Concurrent)
            fields.Flag(FieldNames.Concurrent, true);
    }

    private static void WriteNotice<TWriter>(ConversationNotice notice, ref TWriter fields) where TWriter : struct, IFieldWriter
    {
        fields.Text(What, notice.What);
        fields.Text(FieldNames.UserId, notice.User?.Value);
        if (notice.Users.Count > 0)
            fields.Users(FieldNames.UserIds, notice.Users);
        fields.Text(Value, notice.Value);
    }

    private readonly struct TargetFields : IFieldsOf<MessageTarget>
    {
        public void WriteTo<TWriter>(MessageTarget target, ref TWriter fields) where TWriter : struct, IFieldWriter
        {
            fields.Id(FieldNames.MessageId, target.Id.Value);
            fields.Number(FieldNames.SeqNo, target.SeqNo.Value);
        }
    }
}
