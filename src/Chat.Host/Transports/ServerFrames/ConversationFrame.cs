using Chat.Host.Transports.Frames;
using Chat.Modules.Delivery.Contracts;
using System.Text.Json;

namespace Chat.Host.Transports.ServerFrames;

/// <summary>A conversation itself changed.</summary>
internal readonly struct ConversationFrame : IServerFrame<ConversationEvent>
{
    private static readonly JsonEncodedText Change = JsonEncodedText.Encode("change");

    public static string Type => "conversation";

    public void WriteTo<TWriter>(ConversationEvent e, ref TWriter fields) where TWriter : struct, IFieldWriter
    {
        fields.Text(FieldNames.ConversationId, e.Conversation.Value);
        fields.Text(Change, NameOf(e.Change));
        fields.Text(FieldNames.UserId, e.User?.Value);
    }

    private static string NameOf(ConversationChange change) => change switch
    {
        ConversationChange.Created => "created",
        ConversationChange.TitleChanged => "titleChanged",
        ConversationChange.MemberAdded => "memberAdded",
        ConversationChange.MemberRemoved => "memberRemoved",
        ConversationChange.RoleChanged => "roleChanged",
        _ => throw new ArgumentOutOfRangeException(nameof(change)),
    };
}
