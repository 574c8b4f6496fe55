using System.Text.Json;
using Chat.BuildingBlocks.Ids;
using Chat.Host.Transports.Frames;
using Chat.Modules.Delivery.Contracts;
using Chat.Modules.Messaging.Contracts;

namespace Chat.Host.Transports.ServerFrames;

/// <summary>A message was changed.</summary>
internal readonly struct ChangeFrame : IServerFrame<ChangeEvent>
{
    public static string Type => "change";

    public void WriteTo<TWriter>(ChangeEvent e, ref TWriter fields) where TWriter : struct, IFieldWriter
    {
        new ChangeFields(e.ToSender ? e.Message.Sender.User : null).WriteTo(e.Message, ref fields);
    }
}

/// <summary>A change's fields, in a frame of its own or in a page.</summary>
/// <param name="reader">The user whose own changes show their <c>clientMsgId</c>; null for nobody.</param>
internal readonly struct ChangeFields(UserId? reader) : IFieldsOf<LoggedMessage>
{
    private static readonly JsonEncodedText Kind = JsonEncodedText.Encode("kind");
    private static readonly JsonEncodedText Target = JsonEncodedText.Encode("target");
    private static readonly JsonEncodedText On = JsonEncodedText.Encode("on");

    public void WriteTo<TWriter>(LoggedMessage entry, ref TWriter fields) where TWriter : struct, IFieldWriter
    {
        var (kind, change) = (entry.Content.Kind, entry.Content.Change!);
        fields.Id(FieldNames.MessageId, entry.Id.Value);
        fields.Text(FieldNames.ConversationId, entry.Conversation.Value);
        fields.Number(FieldNames.SeqNo, entry.SeqNo.Value);
        fields.Text(FieldNames.SenderId, entry.Sender.User.Value);
        fields.Number(FieldNames.Timestamp, entry.Timestamp.ToUnixTimeMilliseconds());
        fields.Text(Kind, entry.Content.ChangeName);
        fields.Object(Target, change.Target, default(TargetFields));
        if (kind is MessageKind.Edit)
            fields.Text(FieldNames.Text, entry.Content.Text);
        fields.Text(FieldNames.Emoji, change.Emoji);
        if (kind is MessageKind.Reaction or MessageKind.Pin)
            fields.Flag(On, change.On);
        if (change.Concurrent)
            fields.Flag(FieldNames.Concurrent, true);
        if (entry.Sender.User == reader)
            fields.Text(FieldNames.ClientMsgId, entry.ClientMsgId);
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
