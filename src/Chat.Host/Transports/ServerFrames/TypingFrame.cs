using Chat.Host.Transports.Frames;
using Chat.Modules.Delivery.Contracts;
using System.Text.Json;

namespace Chat.Host.Transports.ServerFrames;

/// <summary>Somebody is writing, or has stopped.</summary>
internal readonly struct TypingFrame : IServerFrame<TypingEvent>
{
    private static readonly JsonEncodedText Active = JsonEncodedText.Encode("active");

    public static string Type => "typing";

    public void WriteTo<TWriter>(TypingEvent e, ref TWriter fields) where TWriter : struct, IFieldWriter
    {
        fields.Text(FieldNames.ConversationId, e.Conversation.Value);
        fields.Text(FieldNames.UserId, e.User.Value);
        fields.Flag(Active, e.Active);
    }
}
