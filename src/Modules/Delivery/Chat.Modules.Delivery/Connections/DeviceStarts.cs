using Chat.BuildingBlocks.Ids;
using Chat.Modules.Delivery.Cursors;
using Chat.Modules.Groups.Contracts;
using Chat.Modules.Messaging.Contracts;
using MediatR;

namespace Chat.Modules.Delivery.Connections;

/// <summary>What a device is sent of a conversation: the messages above <paramref name="Start"/>, up to <paramref name="Head"/>.</summary>
internal readonly record struct ConversationStart(ConversationId Conversation, SeqNo Start, SeqNo Head, int MemberCount);

/// <summary>
/// Where a device begins when it connects: a known device at its cursors, a user's first device at the user's cursors, so that it gets everything that
/// waits, a later new device at the heads. Never below the seqNo at which the user joined.
/// </summary>
internal sealed class DeviceStarts(ICursorStore store, CursorTable cursors, IMediator mediator)
{
    /// <summary>The drained position is saved if that spares the next connect at least this many direct conversations.</summary>
    private const int MinSpared = 64;

    private static readonly Dictionary<ConversationId, CursorValue> None = [];

    /// <summary>
    /// The conversations of the device's user, except direct ones in which the device certainly has everything. A new device is
    /// stored, and so is known at its next connect.
    /// </summary>
    public async Task<IReadOnlyList<ConversationStart>> OpenAsync(DeviceAddress device, CancellationToken ct)
    {
        await cursors.SaveAsync(device, ct);
        var standing = await store.GetStandingAsync(device, ct);
        var drained = standing is DeviceStanding.Known ? await store.ReadDrainedAsync(device, ct) : null;
        var directs = await mediator.Send(new GetDirectHeads(device.User, drained), ct);
        var groups = await mediator.Send(new GetGroupsOf(device.User), ct);
        var heads = await mediator.Send(new GetHeads([.. groups.Select(group => group.Group)]), ct);
        List<(ConversationId Id, SeqNo JoinedAt, SeqNo Head, int Members)> found = [
            .. directs.Heads.Select(direct => (direct.Conversation, SeqNo.None, direct.SeqNo, 2)),
            .. groups.Zip(heads, (group, head) => (group.Group, group.Membership.JoinedAt, head, group.MemberCount))];
        var stored = standing switch
        {
            DeviceStanding.Known => await ReadAsync(device.Device),
            DeviceStanding.First => await ReadAsync(null),
            _ => None,
        };
        var starts = found.ConvertAll(conversation => new ConversationStart(
            conversation.Id,
            SeqNo.Max(standing is DeviceStanding.Later ? conversation.Head : stored.GetValueOrDefault(conversation.Id).Delivered, conversation.JoinedAt),
            conversation.Head, conversation.Members));

        if (standing is not DeviceStanding.Known)
        {
            // A device without a row also begins at the first message, and very many rows would delay other writes.
            var begun = starts.Where(start => start.Start > SeqNo.None).ToDictionary(start => start.Conversation, start => start.Start);
            await store.AddDeviceAsync(device, begun, ct);
        }
        cursors.Replace(device, starts.Select(start => KeyValuePair.Create(
            start.Conversation, standing is DeviceStanding.Known ? stored.GetValueOrDefault(start.Conversation).Delivered : start.Start)));
        await SaveDrainedAsync(device, directs, starts, ct);
        return starts;

        async Task<IReadOnlyDictionary<ConversationId, CursorValue>> ReadAsync(DeviceId? of) =>
            await store.ReadAsync(device.User, of, found.ConvertAll(conversation => conversation.Id), ct);
    }

    // Uses the cursors in the store: cursors that a crash takes back must not be skipped.
    private async Task SaveDrainedAsync(DeviceAddress device, DirectHeads directs, List<ConversationStart> starts, CancellationToken ct)
    {
        if (directs.UpTo is not { } upTo)
            return;
        var waiting = directs.Heads.Zip(starts).Where(direct => direct.Second.Head > direct.Second.Start).Select(direct => direct.First.Position).ToList();
        var drained = waiting.Count == 0 ? upTo : upTo with { Value = waiting.Min() - 1 };
        if (directs.Heads.Count(head => head.Position <= drained.Value) >= MinSpared)
            await store.SaveDrainedAsync(device, drained, ct);
    }
}
