using Chat.Host.Transports.Frames;
using Chat.Modules.Delivery.Contracts;
using System.Text.Json;

namespace Chat.Host.Transports.ServerFrames;

/// <summary>What the user has changed of its own settings of a conversation.</summary>
internal readonly struct SettingsFrame : IServerFrame<OwnSettingsEvent>
{
    private static readonly JsonEncodedText MutedUntil = JsonEncodedText.Encode("mutedUntil");

    public static string Type => "settings";

    public void WriteTo<TWriter>(OwnSettingsEvent e, ref TWriter fields) where TWriter : struct, IFieldWriter
    {
        fields.Text(FieldNames.ConversationId, e.Conversation.Value);
        fields.Number(MutedUntil, e.Change.MutedUntil?.ToUnixTimeMilliseconds());
    }
}
