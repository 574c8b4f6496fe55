using System.Text.Json.Serialization;
using Chat.BuildingBlocks.Ids;
using Chat.Modules.Groups.Contracts;

namespace Chat.Modules.Groups.Rest;

/// <summary>A group as REST shows it.</summary>
internal sealed record GroupBody(
    ConversationId ConversationId, string Title, [property: JsonConverter(typeof(CamelCase<GroupHistory>))] GroupHistory History,
    IReadOnlyList<GroupMemberBody> Members, [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] int? Timer)
{
    /// <param name="timer">After how many seconds its messages expire; null if they do not.</param>
    public static GroupBody From(Group group, int? timer) =>
        new(group.Id, group.Title, group.History, [.. group.Members.Select(member => new GroupMemberBody(member.User, member.Role))], timer);
}

/// <summary>A member as REST shows it.</summary>
internal sealed record GroupMemberBody(UserId UserId, [property: JsonConverter(typeof(CamelCase<GroupRole>))] GroupRole Role);

// Every property is optional here; the validators say what is required.

/// <summary>The body that creates a group.</summary>
internal sealed record CreateGroupBody(
    string? Title = null, IReadOnlyList<UserId>? Members = null,
    [property: JsonConverter(typeof(CamelCase<GroupHistory>))] GroupHistory? History = null);

/// <summary>The body that changes a group; absent or null properties stay as they are.</summary>
internal sealed record ChangeGroupBody(
    string? Title = null, [property: JsonConverter(typeof(CamelCase<GroupHistory>))] GroupHistory? History = null);

/// <summary>The body that adds members.</summary>
internal sealed record AddMembersBody(IReadOnlyList<UserId>? Members = null);

/// <summary>The body that changes a role.</summary>
internal sealed record ChangeRoleBody([property: JsonConverter(typeof(CamelCase<GroupRole>))] GroupRole? Role = null);
