using Chat.BuildingBlocks.Ids;
using Chat.Modules.Groups.Contracts;
using Chat.Modules.Groups.Domain;

namespace Chat.Modules.Groups.Tests;

/// <summary>The people of the tests, and groups of them.</summary>
internal static class Named
{
    public static readonly DateTimeOffset Now = DateTimeOffset.FromUnixTimeMilliseconds(1_790_000_000_000);

    public static readonly Membership FromTheBeginning = new(SeqNo.None, SeqNo.None);

    public static UserId User(string name) => UserId.Parse(name);

    public static DeviceAddress Device(string user) => new(User(user), DeviceId.Parse("phone"));

    public static DeviceAddress Device(UserId user) => new(user, DeviceId.Parse("phone"));

    public static UserId[] Users(params string[] names) => [.. names.Select(User)];

    /// <summary>A group of these, longest-serving first, as its first version says.</summary>
    public static GroupState Group(params (string User, GroupRole Role)[] members) => new(
        ConversationId.NewGroup(), "Walkers", GroupHistory.All, Now, 1,
        [.. members.Select((member, index) => new Member(User(member.User), member.Role, FromTheBeginning, index + 1))]);

    /// <summary>Everything of a group in one line, to compare.</summary>
    public static string Told(this GroupState? group) => group is null
        ? "none"
        : $"{group.Id} {group.Title} {group.History} {group.CreatedAt:O} v{group.Version}: " + string.Join(
            ", ", group.Members.Select(m => $"{m.Ordinal} {m.User} {m.Role} {m.Membership.JoinedAt} {m.Membership.VisibleAfter}"));
}
