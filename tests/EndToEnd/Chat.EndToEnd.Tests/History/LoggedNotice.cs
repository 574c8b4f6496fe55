namespace Chat.EndToEnd.Tests.History;

/// <summary>What somebody does to a group, and its notice tells.</summary>
/// <param name="What">As the notice is called.</param>
/// <param name="Users">With blanks between them.</param>
internal sealed record GroupChange(string By, string What, string Users = "", string? Value = null);

/// <summary>An entry of the log that tells what happened to the group.</summary>
internal sealed record LoggedNotice(string MessageId, long SeqNo, long Timestamp, GroupChange Change)
{
    public const string Created = "created";
    public const string Added = "memberAdded";
    public const string Removed = "memberRemoved";
    public const string Left = "left";
    public const string Renamed = "titleChanged";
    public const string RoleChanged = "roleChanged";

    /// <summary>Whether somebody is in the group from here on; null if it tells nothing of that.</summary>
    public bool? IsMember(string userId) => Change.Users.Split(' ').Contains(userId) || Change is { What: Created } && Change.By == userId
        ? Change.What switch
        {
            Created or Added => true,
            Removed or Left => false,
            _ => null,
        }
        : null;
}

/// <summary>A group as a server shows it.</summary>
/// <param name="Members">Each with the role, in ordinal order.</param>
internal sealed record SeenGroup(string Title, string Members)
{
    public static SeenGroup Of(string title, IEnumerable<(string UserId, string Role)> members) =>
        new(title, string.Join(' ', members.Select(member => $"{member.UserId}:{member.Role}").Order(StringComparer.Ordinal)));
}
