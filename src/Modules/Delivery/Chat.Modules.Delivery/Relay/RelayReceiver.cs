using System.Collections.Concurrent;
using System.Threading.Channels;
using Chat.BuildingBlocks.Ids;
using Chat.BuildingBlocks.Nodes;
using Chat.Modules.Delivery.Connections;
using Chat.Modules.Delivery.Contracts;
using Chat.Modules.Groups.Contracts;
using Chat.Modules.Messaging.Contracts;
using MediatR;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Chat.Modules.Delivery.Relay;

/// <summary>
/// Handles messages from other nodes for the users connected here. If a conversation's members are in memory, its message is pushed at once. If not, only its seqNo is kept, and the
/// connections read the log when the members have been read: the handler never waits for a store.
/// </summary>
internal sealed class RelayReceiver(
    Receivers receivers, UserNodes userNodes, ConnectionRegistrar registrar, Redrains redrains, IContentCodec contents, IMediator mediator,
    IOptions<DeliveryOptions> options, TimeProvider clock, ILogger<RelayReceiver> log) : BackgroundService, IBusHandler
{
    private static readonly TimeSpan RetryPause = TimeSpan.FromSeconds(1);

    // One entry for each conversation with new messages.
    private readonly ConcurrentDictionary<ConversationId, SeqNo> _advanced = new();
    private readonly Channel<bool> _wake =
        Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite, SingleReader = true });

    public string Topic => NodeRelay.Topic;

    public ValueTask ReceiveAsync(NodeId from, ReadOnlyMemory<byte> payload, CancellationToken ct)
    {
        Receive(from, payload.Span);
        return default;
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        await foreach (var _ in _wake.Reader.ReadAllAsync(stoppingToken))
        {
            var hasFailed = false;
            foreach (var (conversation, _) in _advanced)
            {
                if (_advanced.TryRemove(conversation, out var head))
                    hasFailed |= !await TryAdvanceAsync(conversation, head, stoppingToken);
            }
            if (!hasFailed)
                continue;
            await Task.Delay(RetryPause, clock, stoppingToken);
            _wake.Writer.TryWrite(true);
        }
    }

    private void Receive(NodeId from, ReadOnlySpan<byte> payload)
    {
        var reader = new BusReader(payload);
        switch ((RelayKind)reader.Byte())
        {
            case RelayKind.Push:
                Push(reader);
                break;
            case RelayKind.Advance:
                Advance(reader.Conversation(), reader.SeqNo());
                break;
            case RelayKind.Tell:
                var told = reader.Users();
                if (reader.Event() is { } item)
                    receivers.TellHere(told, item);
                break;
            case RelayKind.TellOtherDevices:
                var device = reader.Device();
                if (reader.Event() is { } other)
                    receivers.TellOtherDevicesHere(device, other);
                break;
            case RelayKind.Join:
                receivers.JoinHere(reader.Conversation(), reader.Users());
                break;
            case RelayKind.Leave:
                receivers.LeaveHere(reader.Conversation(), reader.User());
                break;
            case RelayKind.Close:
                var (closed, reason) = (reader.Device(), (CloseReason)reader.Byte());
                receivers.CloseHere(closed, Enum.IsDefined(reason) ? reason : CloseReason.GoingAway);
                break;
            case RelayKind.Arrived:
                for (var count = reader.Count(); count > 0; count--)
                    Arrive(reader.Device(), reader.Number(), from);
                break;
            case RelayKind.Left:
                foreach (var user in reader.Users())
                    userNodes.Left(user, from);
                break;
            case RelayKind.Registered:
                SetRegistered(from, (RegisteredFlags)reader.Byte());
                break;
            case RelayKind.Finished:
                registrar.Finished(from);
                break;
        }
    }

    private void Arrive(DeviceAddress device, long order, NodeId node)
    {
        userNodes.Arrived(device.User, node);
        receivers.Replace(device, order);
    }

    private void SetRegistered(NodeId node, RegisteredFlags flags)
    {
        userNodes.SetRegistered(node);
        if (flags.HasFlag(RegisteredFlags.HasBeenAway))
            redrains.Request();
        if (flags.HasFlag(RegisteredFlags.AsksBack))
            registrar.Answer(node);
    }

    private void Push(BusReader reader)
    {
        var conversation = reader.Conversation();
        Task<IReadOnlyList<UserId>> members;
        try
        {
            members = mediator.Send(new GetMembers(conversation), CancellationToken.None);
        }
        catch (Exception e)
        {
            members = Task.FromException<IReadOnlyList<UserId>>(e);
        }
        if (members.IsCompletedSuccessfully && members.GetAwaiter().GetResult() is var known && known.Count <= options.Value.PushThreshold)
        {
            // If none of the members is here, the rest is not parsed.
            if (known.Any(receivers.IsHere))
                receivers.PushHere(reader.Appended(conversation, contents), known);
            return;
        }
        reader.SeqNo();
        Advance(conversation, reader.SeqNo());
    }

    private void Advance(ConversationId conversation, SeqNo head)
    {
        _advanced.AddOrUpdate(conversation, head, (_, other) => SeqNo.Max(other, head));
        _wake.Writer.TryWrite(true);
    }

    private async Task<bool> TryAdvanceAsync(ConversationId conversation, SeqNo head, CancellationToken ct)
    {
        try
        {
            var members = await mediator.Send(new GetMembers(conversation), ct);
            if (members.Count > options.Value.PushThreshold)
                receivers.TellHere(members, new AdvancedEvent(conversation, head));
            else
                receivers.AdvanceHere(conversation, head, members);
            return true;
        }
        catch (Exception e) when (!ct.IsCancellationRequested)
        {
            log.FanOutFailed(conversation, e);
            _advanced.AddOrUpdate(conversation, head, (_, other) => SeqNo.Max(other, head));
            return false;
        }
    }
}
