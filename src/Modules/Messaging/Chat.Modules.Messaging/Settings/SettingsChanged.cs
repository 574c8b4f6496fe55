using System.Text.Json;
using Chat.BuildingBlocks.Ids;

namespace Chat.Modules.Messaging.Settings;

/// <summary>What a node tells the others when a user has changed its settings of a conversation. As JSON, of which a reader ignores what it does not know.</summary>
internal sealed record SettingsChanged(UserId User, ConversationId Conversation)
{
    public const string Topic = "messaging.settings";

    public byte[] Encode() => JsonSerializer.SerializeToUtf8Bytes(this);

    /// <exception cref="JsonException">It is something else.</exception>
    public static SettingsChanged Decode(ReadOnlyMemory<byte> bytes) =>
        JsonSerializer.Deserialize<SettingsChanged>(bytes.Span) ?? throw new JsonException("Not a change of settings.");
}
