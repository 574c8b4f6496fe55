using static Chat.EndToEnd.Tests.History.HistoryEvent;

namespace Chat.EndToEnd.Tests.History;

// The history as promised, which the tests break.
public sealed partial class ChangeRulesTests
{
    /// <summary>Alice sends two messages to Bob, edits the first and deletes the second; he reacts to the first and pins it.</summary>
    private sealed class Story
    {
        private readonly Moments _moments = new();

        public Story(bool deliver = true)
        {
            (Alice, Bob) = (NewDevice("alice"), NewDevice("bob"));
            foreach (var (id, seqNo, text) in new[] { ("1", 1L, "one"), ("2", 2L, "two") })
            {
                Alice.Add(new Sending(Now, 1, Conversation, $"a{id}", text));
                Alice.Add(new SendAcked(Now, 1, Conversation, $"a{id}", $"m{id}", seqNo));
            }
            if (deliver)
                DeliverMessages();
            Make(Alice, _edit, "a3", "c1", 3);
            Make(Bob, _react, "b1", "c2", 4);
            // 5 is the place of what went with the deleted message.
            Make(Bob, _pin, "b2", "c3", 6);
            Make(Alice, _delete, "a4", "c4", 7);
            First = new LoggedMessage("m1", 1, "alice", "a1", "one!")
            {
                State = new SeenState(6, "one!", 30, Pinned: true, Reactions: $"{Thumb}:1"),
                Reactions = [new SeenReaction(Thumb, false, ["bob"])],
            };
            Second = new LoggedMessage("m2", 2, "alice", "a2", "") { State = new SeenState(7, null, Deleted: SeenState.DeletedBy("alice", 70)) };
            foreach (var (device, made) in deliver ? new[] { (Bob, 0), (Alice, 1), (Alice, 2), (Bob, 3) } : [(Alice, 1), (Alice, 2)])
                device.Add(new ChangeReceived(Now, 1, Conversation, Changes[made].ForOthers));
        }

        public DeviceHistory Alice { get; }

        public DeviceHistory Bob { get; }

        public LoggedMessage First { get; set; }

        public LoggedMessage Second { get; }

        /// <summary>After the first two.</summary>
        public List<LoggedMessage> Messages { get; } = [];

        public List<LoggedChange> Changes { get; } = [];

        public Func<LogView, LogView> AlicesView { get; set; } = view => view;

        public Func<LogView, LogView> BobsView { get; set; } = view => view;

        public long Now => _moments.Next();

        public void DeliverMessages()
        {
            Bob.Add(new Received(Now, 1, Conversation, new LoggedMessage("m1", 1, "alice", null, "one")));
            Bob.Add(new Received(Now, 1, Conversation, new LoggedMessage("m2", 2, "alice", null, "two")));
        }

        /// <summary>An entry of the log, acked on the device's connection.</summary>
        public void Make(DeviceHistory device, WantedChange wanted, string clientMsgId, string entry, long seqNo)
        {
            var begun = Now;
            device.Add(new Changing(begun, 1, Conversation, clientMsgId, wanted));
            device.Add(new ChangeAcked(Now, 1, Conversation, clientMsgId, entry, seqNo, 10 * seqNo, begun));
            Changes.Add(new LoggedChange(
                entry, seqNo, device.UserId, clientMsgId, 10 * seqNo, wanted.Kind, wanted.Target, wanted.Target == "m1" ? 1 : 2, wanted.Text, wanted.Emoji, wanted.On));
        }

        public IReadOnlyList<Violation> Check() => HistoryChecker.Check([Alice, Bob], [AlicesView(ViewOf("alice")), BobsView(ViewOf("bob"))]);

        public IEnumerable<Rule> BrokenRules() => Check().Select(violation => violation.Rule);

        private LogView ViewOf(string reader)
        {
            LoggedMessage[] messages = [First with { Reactions = [.. First.Reactions.Select(one => one with { Mine = one.UserIds.Contains(reader) })] }, Second, .. Messages];
            LoggedMessage[] shown = [.. messages.Select(message => message.SenderId == reader ? message : message with { ClientMsgId = null })];
            return new LogView(Conversation, reader, shown)
            {
                Changes = [.. Changes.Select(change => change.SenderId == reader ? change : change.ForOthers)],
                Lists = [new MessageLists(shown[0], [("bob", Thumb, 4)], [("m1", "one"), ("c1", "one!")]), new MessageLists(shown[1], [], null)],
                Pins = ["m1"],
                Newest = shown[^1],
            };
        }

        private DeviceHistory NewDevice(string user)
        {
            var history = new DeviceHistory(user, "phone");
            history.Add(new Opening(Now, 1));
            history.Add(new CaughtUp(Now, 1));
            return history;
        }
    }
}
