namespace Chat.EndToEnd.Tests.History;

/// <summary>What must hold for the changes that one device gets: together with the messages that it got they give what the servers show.</summary>
internal sealed class DeviceChangeRules(DeviceHistory device, IEnumerable<ChangedLog> logs, IReadOnlyDictionary<string, long> durableSince)
{
    public IEnumerable<Violation> Check() => device.Events.OfType<HistoryEvent.Opening>().Any()
        ? logs.Where(log => log.Log.HasMember(device.UserId)).SelectMany(Check)
        : [];

    private IEnumerable<Violation> Check(ChangedLog log)
    {
        var held = new Held(device, log);
        var opening = 0L;
        foreach (var happened in device.Events)
        {
            held.Take(happened);
            if (happened is HistoryEvent.Opening { Moment: var moment })
                opening = moment;
            if (happened is not HistoryEvent.CaughtUp caughtUp)
                continue;
            foreach (var change in log.Log.Changes.Where(change => durableSince[change.MessageId] < opening && held.Lacks(change)))
                yield return new Violation(Rule.ChangeGapAtCaughtUp, $"{change} on connection {caughtUp.Connection} of {device.Name} in {log.Log.ConversationId}");
        }
        foreach (var message in log.Log.Messages)
        {
            // Who edits by itself is not told whether that was concurrent.
            if (held.StateOf(message.MessageId) is { } state && (message.State is not null || state.ChangedSeqNo > 0) && state with { Concurrent = false } != message.StateOrText with { Concurrent = false })
                yield return new Violation(Rule.DeviceStateDiffers, $"{device.Name} has {state} of {message} in {log.Log.ConversationId}, which is {message.StateOrText}");
        }
    }

    /// <summary>What the device holds of a conversation.</summary>
    private sealed class Held
    {
        private readonly string _conversation;
        private readonly DeviceHistory _device;
        private readonly Dictionary<string, LoggedChange> _changes = new(StringComparer.Ordinal);
        private readonly Dictionary<string, SeenState> _came = new(StringComparer.Ordinal);
        private readonly Dictionary<string, LoggedChange> _answers = new(StringComparer.Ordinal);
        private readonly Dictionary<string, string> _threads = new(StringComparer.Ordinal);
        private readonly Dictionary<string, HistoryEvent.Sending> _sent;
        private readonly Dictionary<string, WantedChange> _wanted;

        // Only asked when all has come.
        private ILookup<string, LoggedChange>? _byTarget;

        public Held(DeviceHistory device, ChangedLog log)
        {
            (_device, _conversation) = (device, log.Log.ConversationId);
            _sent = device.Events.OfType<HistoryEvent.Sending>().GroupBy(one => one.ClientMsgId).ToDictionary(one => one.Key, one => one.First(), StringComparer.Ordinal);
            _wanted = device.Events.OfType<HistoryEvent.Changing>().GroupBy(one => one.ClientMsgId).ToDictionary(one => one.Key, one => one.First().Change, StringComparer.Ordinal);
        }

        public void Take(HistoryEvent happened)
        {
            switch (happened)
            {
                case HistoryEvent.Received received when received.ConversationId == _conversation:
                    Take(received.Message.MessageId, received.Message.StateOrText);
                    Answer(received.Message.ThreadId, received.Message.MessageId, received.Message.SeqNo, received.Message.SenderId);
                    break;
                case HistoryEvent.SendAcked acked when acked.ConversationId == _conversation && _sent.TryGetValue(acked.ClientMsgId, out var sent):
                    Take(acked.MessageId, SeenState.Of(sent.Text, sent.Mentions));
                    Answer(sent.ThreadId, acked.MessageId, acked.SeqNo, _device.UserId);
                    break;
                case HistoryEvent.ChangeReceived received when received.ConversationId == _conversation:
                    _changes[received.Change.MessageId] = received.Change;
                    break;
                case HistoryEvent.ChangeAcked acked when acked.ConversationId == _conversation:
                    _changes.TryAdd(acked.MessageId, ChangedLog.MadeBy(_device, acked, _wanted[acked.ClientMsgId], 0));
                    break;
            }
        }

        /// <summary>Whether the message is held, and not with the change or in a later state. What the device itself has made it may still be trying.</summary>
        public bool Lacks(LoggedChange change) =>
            !(change.ClientMsgId is not null && change.SenderId == _device.UserId && _wanted.ContainsKey(change.ClientMsgId))
            && _came.TryGetValue(change.Target, out var came) && came.ChangedSeqNo < change.SeqNo && !_changes.ContainsKey(change.MessageId);

        public SeenState? StateOf(string messageId)
        {
            if (!_came.TryGetValue(messageId, out var came))
                return null;
            _byTarget ??= _changes.Values.Concat(_answers.Values).Concat(DeletedAnswers()).ToLookup(change => change.Target);
            return _byTarget[messageId].OrderBy(change => change.SeqNo).Aggregate(came, (state, change) => state.After(change));
        }

        private IEnumerable<LoggedChange> DeletedAnswers() =>
            from change in _changes.Values
            where change.Kind == "delete"
            let root = change.ThreadId ?? _threads.GetValueOrDefault(change.Target)
            where root is not null
            select change.ToRoot(root);

        private void Answer(string? root, string messageId, long seqNo, string senderId)
        {
            if (root is null)
                return;
            _threads[messageId] = root;
            _answers[messageId] = LoggedChange.AnswerTo(root, 0, messageId, seqNo, senderId);
        }

        private void Take(string messageId, SeenState state)
        {
            if (!_came.TryGetValue(messageId, out var came) || came.ChangedSeqNo < state.ChangedSeqNo)
                _came[messageId] = state;
        }
    }
}
