using Chat.BuildingBlocks.Ids;
using Chat.Modules.Groups.Contracts;
using Chat.Modules.Identity.Contracts;

namespace Chat.Modules.Delivery.Tests;

// Who is in which conversation.
internal sealed partial class World
{
    public ConversationId Group(params string[] members)
    {
        var group = ConversationId.NewGroup();
        lock (_gate)
            _groups[group] = members.ToDictionary(member => UserId.Parse(member), _ => new Membership(SeqNo.None, SeqNo.None));
        return group;
    }

    /// <summary>Adds a member at the head, as the groups' module does.</summary>
    /// <param name="group">Where.</param>
    /// <param name="user">Whom.</param>
    /// <param name="seesThePast">Whether it may read what was before.</param>
    /// <param name="at">The head where it was read earlier.</param>
    public SeqNo Join(ConversationId group, string user, bool seesThePast = true, SeqNo? at = null)
    {
        lock (_gate)
        {
            var head = at ?? HeadOf(group);
            _groups[group][UserId.Parse(user)] = new Membership(head, seesThePast ? SeqNo.None : head);
            return head;
        }
    }

    /// <summary>Removes a member. No connection is told, as on every node but the one that has removed it.</summary>
    /// <returns>The head at that moment.</returns>
    public SeqNo Leave(ConversationId group, string user)
    {
        lock (_gate)
        {
            _groups[group].Remove(UserId.Parse(user));
            return HeadOf(group);
        }
    }

    /// <summary>Titles of groups.</summary>
    public Dictionary<ConversationId, string?> Titles { get; } = [];

    /// <summary>Devices that are not their user's any more.</summary>
    public HashSet<DeviceAddress> Revoked { get; } = [];

    /// <summary>How often users' devices were asked for.</summary>
    public int DevicesAsked { get; private set; }

    private IReadOnlyList<Device> DevicesOf(UserId user)
    {
        DevicesAsked++;
        return [.. Push.Stores.Subscriptions.Select(subscription => subscription.Device).Where(device => device.User == user && !Revoked.Contains(device))
            .Select(device => new Device(device.Device, null, default, default))];
    }

    private Membership? MembershipOf(ConversationId conversation, UserId user)
    {
        if (conversation.IsDirect)
            return conversation.IsDirectOf(user) ? new Membership(SeqNo.None, SeqNo.None) : null;
        lock (_gate)
            return _groups.GetValueOrDefault(conversation, []).GetValueOrDefault(user);
    }

    private IReadOnlyList<JoinedGroup> GroupsOf(UserId user)
    {
        lock (_gate)
        {
            return [.. _groups.Where(group => group.Value.ContainsKey(user))
                .Select(group => new JoinedGroup(group.Key, "title", group.Value.Count, group.Value[user], Clock.GetUtcNow()))];
        }
    }
}
