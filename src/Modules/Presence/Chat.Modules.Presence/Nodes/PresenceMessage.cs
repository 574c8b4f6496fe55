using System.Text.Json;
using System.Text.Json.Serialization;
using Chat.BuildingBlocks.Ids;

namespace Chat.Modules.Presence.Nodes;

/// <summary>What a node tells another one about presence; it has one or more of the parts. As JSON, of which a reader ignores what it does not know.</summary>
internal sealed record PresenceMessage
{
    public const string Topic = "presence";

    /// <summary>The most users in one message.</summary>
    public const int MaxUsers = 1_024;

    private static readonly JsonSerializerOptions Json = new() { DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingDefault };

    /// <summary>The sender wants the present state of these users at the receiver, and each change.</summary>
    public IReadOnlyList<UserId>? Watch { get; init; }

    /// <summary>Names what <see cref="Watch"/> asks, in the answer too; 0 where nobody waits for it.</summary>
    public long Question { get; init; }

    /// <summary>The sender wants no more changes of these users.</summary>
    public IReadOnlyList<UserId>? Unwatch { get; init; }

    /// <summary>States of users at the sender: the answer to <see cref="Watch"/>, or a change.</summary>
    public IReadOnlyList<StateAtNode>? States { get; init; }

    /// <summary>The sender tells the receiver every change, as it remembers no more users for it: <see cref="Unwatch"/> changes nothing.</summary>
    public bool IsToldAll { get; init; }

    /// <summary>The sender may have missed what the receiver watches: the receiver says it again.</summary>
    public bool AsksAgain { get; init; }

    public byte[] Encode() => JsonSerializer.SerializeToUtf8Bytes(this, Json);

    /// <exception cref="JsonException">It is something else.</exception>
    public static PresenceMessage Decode(ReadOnlyMemory<byte> bytes) =>
        JsonSerializer.Deserialize<PresenceMessage>(bytes.Span, Json) ?? throw new JsonException("Not a message about presence.");
}

/// <summary>A user's state at one node.</summary>
/// <param name="IsOnline">Whether the user has a connection there, or had one less than the grace period ago.</param>
/// <param name="LastSeen">When the last connection there ended, if that is not in the store yet.</param>
internal sealed record StateAtNode(UserId User, bool IsOnline, DateTimeOffset? LastSeen);
