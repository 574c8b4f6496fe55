using System.Text.Json.Serialization;

namespace Chat.Client;

/// <summary>A group, with its members.</summary>
/// <param name="ConversationId"><c>g:</c> and 32 hex digits.</param>
/// <param name="Title">Its name.</param>
/// <param name="History">What a new member may read.</param>
/// <param name="Members">Everybody in it.</param>
public sealed record Group(string ConversationId, string Title, History History, IReadOnlyList<Member> Members);

/// <summary>A member of a group.</summary>
/// <param name="UserId">Who it is.</param>
/// <param name="Role">What it may do.</param>
public sealed record Member(string UserId, Role Role);

/// <summary>What a member of a group may do.</summary>
[JsonConverter(typeof(CamelCase<Role>))]
public enum Role
{
    /// <summary>Read, write and leave.</summary>
    Member,

    /// <summary>Also add and remove members, and change the title.</summary>
    Admin,

    /// <summary>Also give roles and remove admins. There is one.</summary>
    Owner,
}

/// <summary>What a new member of a group may read.</summary>
[JsonConverter(typeof(CamelCase<History>))]
public enum History
{
    /// <summary>Everything.</summary>
    All,

    /// <summary>What was written since it joined.</summary>
    FromJoin,
}
