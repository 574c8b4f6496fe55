using Chat.BuildingBlocks.Concurrency;
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
    /// <summary>Conversations whose members are read at the same time.</summary>
    internal const int AtOnce = 8;

    /// <summary>Conversations that are remembered until their members have been read. Of more, all connections look at the log themselves.</summary>
    internal const int MaxRemembered = 100_000;

    private static readonly TimeSpan RetryPause = TimeSpan.FromSeconds(1);

    private readonly SemaphoreSlim _room = new(AtOnce);
    private readonly Signal _wake = new();
    private readonly Lock _gate = new();

    // Under _gate: conversations with new messages, and those of them whose members could not be read, until they are tried again.
    private Dictionary<ConversationId, SeqNo> _advanced = [];
    private Dictionary<ConversationId, SeqNo> _failed = [];

    public string Topic => NodeRelay.Topic;

    public ValueTask ReceiveAsync(NodeId from, ReadOnlyMemory<byte> payload, CancellationToken ct)
    {
        Receive(from, payload.Span);
        return default;
    }

    protected override Task ExecuteAsync(CancellationToken stoppingToken) => Task.WhenAll(AdvanceAllAsync(stoppingToken), RetryAsync(stoppingToken));

    private async Task AdvanceAllAsync(CancellationToken ct)
    {
        while (true)
        {
            await _wake.WaitAsync(ct);
            foreach (var (conversation, head) in TakeAdvanced())
            {
                await _room.WaitAsync(ct);
                _ = AdvanceAsync(conversation, head, ct);
            }
        }
    }

    private async Task RetryAsync(CancellationToken ct)
    {
        using var timer = new PeriodicTimer(RetryPause, clock);
        while (await timer.WaitForNextTickAsync(ct))
        {
            Dictionary<ConversationId, SeqNo> failed;
            lock (_gate)
                (failed, _failed) = (_failed, []);
            foreach (var (conversation, head) in failed)
                Advance(conversation, head);
        }
    }

    private Dictionary<ConversationId, SeqNo> TakeAdvanced()
    {
        lock (_gate)
        {
            var taken = _advanced;
            _advanced = [];
            return taken;
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
                PushHere(reader.Appended(conversation, contents), known);
            return;
        }
        reader.SeqNo();
        Advance(conversation, reader.SeqNo());
    }

    private void PushHere(MessageAppended appended, IReadOnlyList<UserId> members)
    {
        var message = appended.Message;
        if (message.Content.Change is not { } change)
            receivers.PushHere(appended, members);
        else if (mediator.Send(new GetNotShown(message.Conversation, change.Target.SeqNo, [.. members.Where(receivers.IsHere)])) is { IsCompletedSuccessfully: true } notShown)
            receivers.PushHere(appended, members, notShown.GetAwaiter().GetResult());
        else
            Advance(message.Conversation, message.SeqNo);
    }

    private void Advance(ConversationId conversation, SeqNo head)
    {
        lock (_gate)
            Remember(_advanced, conversation, head);
        _wake.Set();
    }

    // Under _gate.
    private void Remember(Dictionary<ConversationId, SeqNo> heads, ConversationId conversation, SeqNo head)
    {
        if (heads.Count >= MaxRemembered && !heads.ContainsKey(conversation))
        {
            heads.Clear();
            redrains.Request();
        }
        heads[conversation] = SeqNo.Max(heads.GetValueOrDefault(conversation), head);
    }

    private async Task AdvanceAsync(ConversationId conversation, SeqNo head, CancellationToken ct)
    {
        try
        {
            // The others do not wait for what is done before the first answer.
            await Task.Yield();
            var members = await mediator.Send(new GetMembers(conversation), ct);
            if (members.Count > options.Value.PushThreshold)
                receivers.TellHere(members, new AdvancedEvent(conversation, head));
            else
                receivers.AdvanceHere(conversation, head, members);
        }
        catch (Exception e) when (!ct.IsCancellationRequested)
        {
            log.FanOutFailed(conversation, e);
            lock (_gate)
                Remember(_failed, conversation, head);
        }
        catch (OperationCanceledException)
        {
            // This server ends.
        }
        finally
        {
            _room.Release();
        }
    }
}
