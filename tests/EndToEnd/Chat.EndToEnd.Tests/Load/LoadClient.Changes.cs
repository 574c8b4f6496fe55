using System.Net;
using System.Text.Json;
using Chat.EndToEnd.Tests.Clients;
using Chat.EndToEnd.Tests.History;

namespace Chat.EndToEnd.Tests.Load;

// The changes of messages that the device makes, on its connection and through REST at any server, and those that it gets.
internal sealed partial class LoadClient
{
    // Tasks of one device that try through REST.
    private const int MostByRest = 4;

    private readonly LoadTargets _targets;

    // Under _receivedGate: the entries that the device knows.
    private readonly HashSet<string> _changes = new(StringComparer.Ordinal);
    private readonly HashSet<string> _notices = new(StringComparer.Ordinal);
    private readonly Dictionary<string, long> _highest = new(StringComparer.Ordinal);
    private int _changesByRest;

    /// <summary>Whether the device has a change, by itself or in the state of its message.</summary>
    public bool HasChange(LoggedChange change)
    {
        lock (_receivedGate)
        {
            return _changes.Contains(change.MessageId) || _received.GetValueOrDefault(change.Target) >= change.SeqNo
                && (change.ThreadId is null || _received.GetValueOrDefault(change.ThreadId, change.SeqNo) >= change.SeqNo);
        }
    }

    /// <summary>The highest place of a message that the device was sent in a conversation; 0 for none.</summary>
    public long HighestOf(string conversation)
    {
        lock (_receivedGate)
            return _highest.GetValueOrDefault(conversation);
    }

    /// <summary>Whether the device has a notice, or a timer.</summary>
    public bool HasNotice(string messageId)
    {
        lock (_receivedGate)
            return _notices.Contains(messageId);
    }

    /// <summary>Changes messages of the conversations in turn, paced, as long as not stopped: the load of a device that sends nothing.</summary>
    public async Task ChangeAsync(IReadOnlyList<string> conversations, TimeSpan pace, CancellationToken stop)
    {
        using var timer = new PeriodicTimer(pace);
        try
        {
            for (var i = 0; ; i++)
            {
                await timer.WaitForNextTickAsync(stop);
                if (_targets.Next(conversations[i % conversations.Count]) is not { } change)
                    continue;
                await _room.WaitAsync(stop);
                await DoAsync(conversations[i % conversations.Count], change);
            }
        }
        catch (OperationCanceledException)
        {
            // Told to stop.
        }
    }

    /// <summary>Begins to try a change through REST now and then: alone, or as a second try of what the connection tries, too.</summary>
    /// <returns>Whether it is tried there alone.</returns>
    private bool IsByRest(string conversation, string clientMsgId, WantedChange change)
    {
        var choice = Random.Shared.Next(3);
        if (choice == 0 || Volatile.Read(ref _changesByRest) >= MostByRest)
            return false;
        Interlocked.Increment(ref _changesByRest);
        _ = Task.Run(() => ChangeByRestAsync(conversation, clientMsgId, change));
        return choice == 1;
    }

    // Until it is answered, and sometimes once more after that.
    private async Task ChangeByRestAsync(string conversation, string clientMsgId, WantedChange change)
    {
        try
        {
            while (!_leaving.IsCancellationRequested)
            {
                var begun = _load.Moments.Next();
                History.Add(new HistoryEvent.Changing(begun, 0, conversation, clientMsgId, change));
                if (await AskAnyServerAsync(conversation, clientMsgId, change) is not { } answer)
                {
                    await Task.Delay(_pause, CancellationToken.None);
                    continue;
                }
                if (answer.Status is HttpStatusCode.OK or HttpStatusCode.Created)
                    OnChangeAcked(answer.Json, 0, clientMsgId, change, begun);
                else
                    History.Add(new HistoryEvent.ChangeRefused(_load.Moments.Next(), 0, conversation, clientMsgId, answer.Json.Text("code")));
                if (Random.Shared.Next(3) > 0)
                    return;
            }
        }
        finally
        {
            Interlocked.Decrement(ref _changesByRest);
        }
    }

    /// <returns>Null where a retry is due.</returns>
    private async Task<RestAnswer?> AskAnyServerAsync(string conversation, string clientMsgId, WantedChange change)
    {
        var message = $"/v1/conversations/{conversation}/messages/{change.Target}";
        var query = $"?clientMsgId={clientMsgId}";
        return await LoadCalls.TryAsync(
            rest => change.Kind switch
            {
                "edit" => rest.PatchAsync(message, new { text = change.Text, mentions = MentionsOf(change), basedOn = change.BasedOn, clientMsgId }),
                "delete" => rest.DeleteAsync($"{message}{query}"),
                "react" => rest.SendAsync(change.On ? HttpMethod.Put : HttpMethod.Delete, $"{message}/reactions/{Uri.EscapeDataString(change.Emoji!)}{query}", null),
                _ => rest.SendAsync(change.On ? HttpMethod.Put : HttpMethod.Delete, $"{message}/pin{query}", null),
            },
            _account.At(_load.Servers[Random.Shared.Next(_load.Servers.Count)]));
    }

    private Task TryChangeAsync(IFrameConnection client, int connection, PendingSend send)
    {
        var (to, clientMsgId, change) = (send.ConversationId, send.ClientMsgId, send.Change!);
        var begun = _load.Moments.Next();
        send.Begun[connection] = begun;
        History.Add(new HistoryEvent.Changing(begun, connection, to, clientMsgId, change));
        object fields = change.Kind switch
        {
            "edit" => new { to, messageId = change.Target, text = change.Text, mentions = MentionsOf(change), basedOn = change.BasedOn, clientMsgId },
            "delete" => new { to, messageId = change.Target, clientMsgId },
            "react" => new { to, messageId = change.Target, emoji = change.Emoji, on = change.On, clientMsgId },
            _ => new { to, messageId = change.Target, on = change.On, clientMsgId },
        };
        return TryAsync(() => client.SendAsync(change.Kind, fields));
    }

    private void OnChangeAcked(JsonElement ack, int connection, string clientMsgId, WantedChange change, long begun)
    {
        History.Add(new HistoryEvent.ChangeAcked(
            _load.Moments.Next(), connection, ack.Text("conversationId"), clientMsgId, ack.Text("messageId"), ack.Number("seqNo"), ack.Number("timestamp"), begun));
        lock (_receivedGate)
            _changes.Add(ack.Text("messageId"));
        _targets.NoteChange(change.Target, ack.Number("seqNo"));
        if (change is { Kind: "react", On: true })
            _targets.NoteSet(change);
        _load.CountChange();
    }

    private void OnNotice(Frame frame, int connection)
    {
        var notice = LoadReading.ReadNotice(frame.Json);
        History.Add(new HistoryEvent.NoticeReceived(_load.Moments.Next(), connection, frame.Text("conversationId"), notice));
        lock (_receivedGate)
            _notices.Add(notice.MessageId);
    }

    private void OnTimer(Frame frame, int connection)
    {
        var timer = LoadReading.ReadTimer(frame.Json);
        History.Add(new HistoryEvent.TimerReceived(_load.Moments.Next(), connection, frame.Text("conversationId"), timer));
        lock (_receivedGate)
            _notices.Add(timer.MessageId);
    }

    private void OnChange(Frame frame, int connection)
    {
        var change = LoadReading.ReadChange(frame.Json);
        History.Add(new HistoryEvent.ChangeReceived(_load.Moments.Next(), connection, frame.Text("conversationId"), change));
        lock (_receivedGate)
            _changes.Add(change.MessageId);
        _targets.NoteChange(change.Target, change.SeqNo);
    }

    private static string[]? MentionsOf(WantedChange change) => change.Mentions?.Split(' ', StringSplitOptions.RemoveEmptyEntries);

    // Whatever else is refused is not to be.
    private bool IsForGood(string conversation, string code) => code is "conflict" or "too_large" || code == "not_a_member" && _load.Timed.Contains(conversation);
}
