using Microsoft.AspNetCore.SignalR;

namespace Chat.Bench.Relay;

/// <summary>The relay through SignalR: what a hub costs by itself. The same work as on <c>/ws</c>, with SignalR's own JSON.</summary>
internal sealed class BareHub(RelayServer relay) : Hub
{
    public override async Task OnConnectedAsync()
    {
        // An idle connection may have no name.
        if (User is { Length: > 0 } user)
            Context.Items[user] = relay.OnHub[user] = Clients.Caller;
        await Clients.Caller.SendAsync("caughtUp");
    }

    public override Task OnDisconnectedAsync(Exception? exception)
    {
        // A later connection of the user stays.
        if (relay.OnHub.TryGetValue(User, out var caller) && ReferenceEquals(caller, Context.Items[User]))
            relay.OnHub.TryRemove(KeyValuePair.Create(User, caller));
        return Task.CompletedTask;
    }

    public async Task<HubAck> SendMessage(HubSend message)
    {
        var (user, sends) = (User, new List<Task>());
        HubPush pushed;
        // Numbered and given to SignalR in the same order.
        lock (relay.GateOf(message.To))
        {
            var place = new RelayPlace(relay.NextSeqNo());
            pushed = new HubPush(place.MessageId, message.To, place.SeqNo, user, message.Text, place.Time.ToUnixTimeMilliseconds());
            foreach (var receiver in relay.ReceiversOf(message.To, user))
            {
                if (relay.OnHub.TryGetValue(receiver, out var client))
                    sends.Add(client.SendAsync("message", pushed));
            }
        }

        await Task.WhenAll(sends);
        return new HubAck(message.ClientMsgId, pushed.MessageId, message.To, pushed.SeqNo, pushed.Timestamp, "sent");
    }

    private string User => Context.GetHttpContext()!.Request.Query["user"].ToString();
}

internal sealed record HubSend(string To, string Text, string ClientMsgId);

internal sealed record HubPush(Guid MessageId, string ConversationId, long SeqNo, string SenderId, string Text, long Timestamp);

internal sealed record HubAck(string ClientMsgId, Guid MessageId, string ConversationId, long SeqNo, long Timestamp, string Status);
