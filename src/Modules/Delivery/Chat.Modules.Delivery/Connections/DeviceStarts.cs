using Chat.BuildingBlocks.Concurrency;
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
    private const int HeadsAtOnce = 16;

    private static readonly Dictionary<ConversationId, CursorValue> None = [];

    /// <summary>All conversations of the device's user; a device that is new is known from here on.</summary>
    public async Task<IReadOnlyList<ConversationStart>> OpenAsync(DeviceAddress device, CancellationToken ct)
    {
        await cursors.SaveAsync(device, ct);
        var standing = await store.GetStandingAsync(device, ct);
        var places = standing switch
        {
            DeviceStanding.Known => await store.ReadAllAsync(device.User, device.Device, ct),
            DeviceStanding.First => await store.ReadAllAsync(device.User, null, ct),
            _ => None,
        };

        var directs = await mediator.Send(new GetDirectConversations(device.User), ct);
        var groups = await mediator.Send(new GetGroupsOf(device.User), ct);
        var found = await Concurrently.SelectAsync<(ConversationId Id, SeqNo JoinedAt, int Members), ConversationStart>(
            [.. directs.Select(direct => (direct, SeqNo.None, 2)), .. groups.Select(group => (group.Group, group.Membership.JoinedAt, group.MemberCount))],
            HeadsAtOnce,
            async (conversation, cancelled) =>
            {
                var head = await mediator.Send(new GetHead(conversation.Id), cancelled);
                var place = standing is DeviceStanding.Later ? head : places.GetValueOrDefault(conversation.Id).Delivered;
                return new ConversationStart(conversation.Id, SeqNo.Max(place, conversation.JoinedAt), head, conversation.Members);
            },
            ct);

        if (standing is not DeviceStanding.Known)
        {
            // Without a row a device begins at the beginning too, and the write of very many would hold up all others.
            var starts = found.Where(start => start.Start > SeqNo.None).ToDictionary(start => start.Conversation, start => start.Start);
            await store.AddDeviceAsync(device, starts, ct);
        }
        cursors.Replace(device, found.Select(start => KeyValuePair.Create(
            start.Conversation, standing is DeviceStanding.Known ? places.GetValueOrDefault(start.Conversation).Delivered : start.Start)));
        return found;
    }
}
