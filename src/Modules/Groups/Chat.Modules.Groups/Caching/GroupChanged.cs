using System.Text.Json;
using Chat.BuildingBlocks.Ids;

namespace Chat.Modules.Groups.Caching;

/// <summary>What a node tells the others when it has changed a group. As JSON, of which a reader ignores what it does not know.</summary>
/// <param name="Users">The users whose membership began or ended.</param>
internal sealed record GroupChanged(ConversationId Group, IReadOnlyList<UserId> Users)
{
    public const string Topic = "groups.changed";

    public byte[] Encode() => JsonSerializer.SerializeToUtf8Bytes(this);

    /// <exception cref="JsonException">It is something else.</exception>
    public static GroupChanged Decode(ReadOnlyMemory<byte> bytes) =>
        JsonSerializer.Deserialize<GroupChanged>(bytes.Span) is { Users: not null } change ? change : throw new JsonException("Not a change of a group.");
}
