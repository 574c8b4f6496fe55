using Chat.BuildingBlocks.Ids;
using Chat.Modules.Delivery.Cursors;
using Chat.Modules.Groups.Contracts;
using Chat.Modules.Messaging.Contracts;
using MediatR;

namespace Chat.Modules.Delivery.Connections;

/// <summary>A conversation of a user, as one of its devices finds it on connecting.</summary>
internal readonly record struct ConversationStart(ConversationId Conversation, SeqNo Start, SeqNo Head, int MemberCount);

/// <summary>
/// Where a device begins: a known one at its cursors, a user's only one at the user's, so that all that waits is for it, a later one at the
/// heads. Nowhere below the place where its user joined.
/// </summary>
internal sealed class DeviceStarts(ICursorStore store, CursorTable cursors, IMediator mediator)
{
    private static readonly Dictionary<ConversationId, CursorValue> None = [];

    /// <summary>All conversations of the device's user; a device that is new is known from here on.</summary>
    public async Task<IReadOnlyList<ConversationStart>> OpenAsync(DeviceAddress device, CancellationToken ct)
    {
        await cursors.SaveAsync(ct);
        var standing = await store.GetStandingAsync(device, ct);
        var places = standing switch
        {
            DeviceStanding.Known => await store.ReadAllAsync(device.User, device.Device, ct),
            DeviceStanding.First => await store.ReadAllAsync(device.User, null, ct),
            _ => None,
        };

        var found = new List<ConversationStart>();
        foreach (var direct in await mediator.Send(new GetDirectConversations(device.User), ct))
            found.Add(await StartAsync(direct, SeqNo.None, memberCount: 2));
        foreach (var group in await mediator.Send(new GetGroupsOf(device.User), ct))
            found.Add(await StartAsync(group.Group, group.Membership.JoinedAt, group.MemberCount));

        if (standing is not DeviceStanding.Known)
            await store.AddDeviceAsync(device, found.ToDictionary(start => start.Conversation, start => start.Start), ct);
        cursors.Replace(device, found.Select(start => KeyValuePair.Create(
            start.Conversation, standing is DeviceStanding.Known ? places.GetValueOrDefault(start.Conversation).Delivered : start.Start)));
        return found;

        async ValueTask<ConversationStart> StartAsync(ConversationId conversation, SeqNo joinedAt, int memberCount)
        {
            var head = await mediator.Send(new GetHead(conversation), ct);
            var place = standing is DeviceStanding.Later ? head : places.GetValueOrDefault(conversation).Delivered;
            return new ConversationStart(conversation, SeqNo.Max(place, joinedAt), head, memberCount);
        }
    }
}
