using Chat.BuildingBlocks.Concurrency;
using Chat.BuildingBlocks.Ids;
using Chat.Modules.Delivery.Cursors;
using Chat.Modules.Groups.Contracts;
using Chat.Modules.Messaging.Contracts;
using MediatR;

namespace Chat.Modules.Delivery.Connections;

/// <summary>Where a device begins in a conversation: it is sent the messages above <paramref name="Start"/>, up to <paramref name="Head"/>.</summary>
internal readonly record struct ConversationStart(ConversationId Conversation, SeqNo Start, SeqNo Head, int MemberCount);

/// <summary>
/// Where a device begins when it connects: a known device at its cursors, a user's first device at the user's cursors, so that it gets all that
/// waits, a later device at the heads. Nowhere below the seqNo at which the user joined.
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
        var stored = standing switch
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
                var start = standing is DeviceStanding.Later ? head : stored.GetValueOrDefault(conversation.Id).Delivered;
                return new ConversationStart(conversation.Id, SeqNo.Max(start, conversation.JoinedAt), head, conversation.Members);
            },
            ct);

        if (standing is not DeviceStanding.Known)
        {
            // Without a row a device begins at the first message too, and writing very many rows would delay all others.
            var starts = found.Where(start => start.Start > SeqNo.None).ToDictionary(start => start.Conversation, start => start.Start);
            await store.AddDeviceAsync(device, starts, ct);
        }
        cursors.Replace(device, found.Select(start => KeyValuePair.Create(
            start.Conversation, standing is DeviceStanding.Known ? stored.GetValueOrDefault(start.Conversation).Delivered : start.Start)));
        return found;
    }
}
