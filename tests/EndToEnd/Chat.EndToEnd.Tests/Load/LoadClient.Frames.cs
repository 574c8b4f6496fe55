using System.Threading.Channels;
using Chat.EndToEnd.Tests.Clients;
using Chat.EndToEnd.Tests.History;

namespace Chat.EndToEnd.Tests.Load;

// What comes to the device.
internal sealed partial class LoadClient
{
    private void OnFrame(Frame frame, ConnectionEnd connection, ChannelWriter<(string, long)> acks, Unanswered unanswered)
    {
        switch (frame.Type)
        {
            case "welcome":
                connection.Welcomed = true;
                break;
            case "goAway":
                connection.ToldToGo = true;
                break;
            case "caughtUp":
                History.Add(new HistoryEvent.CaughtUp(_load.Moments.Next(), connection.Connection));
                break;
            case "pong" when unanswered.Asked.TryDequeue(out var handled):
                foreach (var ack in handled)
                    History.Add(new HistoryEvent.Acked(_load.Moments.Next(), ack.Connection, ack.ConversationId, ack.SeqNo, ack.IsRead));
                break;
            case "ack" when frame.TextOrNull("clientMsgId") is { } clientMsgId && FindPending(clientMsgId) is { Change: not null } pending:
                OnChangeAcked(frame.Json, connection.Connection, clientMsgId, pending.Change, pending.Begun[connection.Connection]);
                Settle(clientMsgId);
                break;
            case "ack" when frame.TextOrNull("clientMsgId") is { } clientMsgId:
                // The ack does not say whether the message expires.
                _targets.Add(
                    frame.Text("conversationId"), frame.Text("messageId"), frame.Number("seqNo"), _account.UserId,
                    mayBeRoot: FindPending(clientMsgId)?.ThreadId is null && !_load.Timed.Contains(frame.Text("conversationId")));
                History.Add(new HistoryEvent.SendAcked(
                    _load.Moments.Next(), connection.Connection, frame.Text("conversationId"), clientMsgId, frame.Text("messageId"), frame.Number("seqNo"), frame.Number("timestamp")));
                Settle(clientMsgId);
                break;
            case "message":
                var message = LoadReading.ReadMessage(frame.Json);
                History.Add(new HistoryEvent.Received(_load.Moments.Next(), connection.Connection, frame.Text("conversationId"), message));
                bool isNew;
                lock (_receivedGate)
                {
                    isNew = !_received.TryGetValue(message.MessageId, out var earlier);
                    _highest[frame.Text("conversationId")] = message.SeqNo;
                    _received[message.MessageId] = Math.Max(earlier, message.StateOrText.ChangedSeqNo);
                }
                _targets.Add(frame.Text("conversationId"), message.MessageId, message.SeqNo, message.SenderId, mayBeRoot: message is { ThreadId: null, ExpiresAt: null });
                _targets.NoteChange(message.MessageId, message.StateOrText.ChangedSeqNo);
                if (isNew)
                    _load.Deliver(message.Text);
                if (isNew && message.File is not null && !_visits.Contains(frame.Text("conversationId")) && _load.Files.IsSample())
                    Read(message);

                acks.TryWrite((frame.Text("conversationId"), message.SeqNo));

                // A drain brings an own message in the place of the ack that was lost.
                if (message.SenderId == _account.UserId && message.ClientMsgId is not null)
                    Settle(message.ClientMsgId);
                break;
            case "change":
                if (LoadReading.IsNotice(frame.Json))
                    OnNotice(frame, connection.Connection);
                else if (LoadReading.IsTimer(frame.Json))
                    OnTimer(frame, connection.Connection);
                else
                    OnChange(frame, connection.Connection);
                acks.TryWrite((frame.Text("conversationId"), frame.Number("seqNo")));
                break;
            case "error" when frame.TextOrNull("clientMsgId") is { } clientMsgId && FindPending(clientMsgId) is { Change: not null } refused && IsForGood(refused.ConversationId, frame.Text("code")):
                History.Add(new HistoryEvent.ChangeRefused(_load.Moments.Next(), connection.Connection, refused.ConversationId, clientMsgId, frame.Text("code")));
                Settle(clientMsgId);
                break;
            case "error" when frame.TextOrNull("clientMsgId") is { } clientMsgId && FindPending(clientMsgId) is { Change: null, MentionsStranger: true } stranger && frame.Is("code", "bad_request"):
                History.Add(new HistoryEvent.SendRefused(_load.Moments.Next(), connection.Connection, stranger.ConversationId, clientMsgId, frame.Text("code")));
                Settle(clientMsgId);
                break;
            case "error" when frame.Is("code", "unavailable"):
                // The server is leaving, or its database is away: the send stays pending for the next connection.
                connection.IsToEnd |= _load.ReconnectsWhenUnavailable && !connection.ToldToGo;
                if (connection.IsToEnd)
                    _ = ReconnectAsync();
                break;
            case "error" when _visits.Count > 0 && frame.Is("code", "not_a_member") && frame.TextOrNull("clientMsgId") is null:
                // It acks what came before it was removed.
                break;
            case "error":
                Refusals.Add(frame);
                break;
        }
    }
}
