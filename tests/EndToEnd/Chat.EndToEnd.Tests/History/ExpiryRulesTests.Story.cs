using static Chat.EndToEnd.Tests.History.HistoryEvent;

namespace Chat.EndToEnd.Tests.History;

// The history as promised, which the tests break.
public sealed partial class ExpiryRulesTests
{
    /// <summary>Alice writes to Bob, sets the timer to 5 s, answers in a thread of the first message, ends the timer, and answers once more. In the end the first answer has expired.</summary>
    private sealed class Story
    {
        // In ms: the first answer's.
        private const long Written = 1_700_000_000_000;

        private readonly long? _expiresAt;
        private long _last = Ticks(Written - 1000);

        public Story(bool tellsTimers = true, long? expiresAt = Expiry)
        {
            _expiresAt = expiresAt;
            First = new LoggedMessage("m1", 1, "alice", "a1", "one") { Timestamp = Written - 500, State = new SeenState(6, "one", Thread: new SeenThread(2, 6, "alice")) };
            (Alice, Bob) = (NewDevice("alice"), NewDevice("bob"));
            Send("a1", "m1", 1, "one", null, Written - 500);
            Bob.Add(new Received(Now, 1, Conversation, First with { ClientMsgId = null, State = null }));
            Setter.Add(new TimerSet(Now, Conversation, "t-1", On.Seconds, Now, On.MessageId, On.SeqNo));
            if (tellsTimers)
                Tell(On);
            Send("a3", "m3", 3, "three", "m1", Written);
            Bob.Add(new Received(Now, 1, Conversation, Timed(null)));
            Setter.Add(new TimerSet(Now, Conversation, "t-2", 0, Now, "t2", 5));
            Tell(Off);
            Send("a6", "m6", 6, "six", "m1", Written + 1);
            Bob.Add(new Received(Now, 1, Conversation, Second with { ClientMsgId = null }));
        }

        public const long Expiry = Written + 5000;

        public static long BeforeExpiry { get; } = Ticks(Expiry - 100);

        public static long AfterExpiry { get; } = Ticks(Expiry + 100);

        public static LoggedTimer On { get; } = new("t1", 2, "alice", 5);

        public LoggedTimer Off { get; init; } = new("t2", 5, "alice", 0);

        /// <summary>The first timer as it was acked.</summary>
        public LoggedTimer Acked { get; set; } = On;

        public DeviceHistory Alice { get; }

        public DeviceHistory Bob { get; }

        public DeviceHistory Setter { get; } = new("alice", "timer");

        public LoggedMessage First { get; set; }

        public LoggedMessage Second { get; } = new("m6", 6, "alice", "a6", "six") { Timestamp = Written + 1, ThreadId = "m1", ThreadSeqNo = 1 };

        public Func<LogView, LogView> AlicesView { get; init; } = view => view;

        public Func<LogView, LogView> BobsView { get; init; } = view => view;

        public long Now => ++_last;

        public LoggedMessage Timed(string? clientMsgId) =>
            new("m3", 3, "alice", clientMsgId, "three") { Timestamp = Written, ExpiresAt = _expiresAt, ThreadId = "m1", ThreadSeqNo = 1 };

        public Story With(Action<Story> act)
        {
            act(this);
            return this;
        }

        public void Reconnect(long moment)
        {
            Bob.Add(new Acking(moment - 1, 1, Conversation, 6));
            Bob.Add(new Opening(moment, 2));
            Bob.Add(new CaughtUp(moment + 1, 2));
        }

        public void ReadPage(long moment, bool isShown)
        {
            var page = ViewOf("bob");
            Setter.Add(new PageRead(moment, isShown ? page with { Messages = [page.Messages[0], Timed(null), .. page.Messages.Skip(1)] } : page, moment + 1));
        }

        public void Change(long moment, string clientMsgId, string entry, long seqNo, long timestamp)
        {
            Bob.Add(new Changing(moment, 1, Conversation, clientMsgId, new WantedChange("pin", "m3", On: true)));
            Bob.Add(new ChangeAcked(moment + 1, 1, Conversation, clientMsgId, entry, seqNo, timestamp, moment));
        }

        public void Refuse(long moment, string clientMsgId)
        {
            Bob.Add(new Changing(moment, 1, Conversation, clientMsgId, new WantedChange("pin", "m3", On: true)));
            Bob.Add(new ChangeRefused(moment + 1, 1, Conversation, clientMsgId, "not_a_member"));
        }

        public IReadOnlyList<Violation> Check()
        {
            var setter = new DeviceHistory("alice", "timer");
            foreach (var happened in Setter.Events)
                setter.Add(happened is TimerSet { ClientMsgId: "t-1" } set ? set with { MessageId = Acked.MessageId, SeqNo = Acked.SeqNo, Seconds = Acked.Seconds } : happened);
            return HistoryChecker.Check([Alice, Bob, setter], [AlicesView(ViewOf("alice")), BobsView(ViewOf("bob"))]);
        }

        public IEnumerable<Rule> BrokenRules() => Check().Select(violation => violation.Rule).Order();

        private LogView ViewOf(string reader) => new(Conversation, reader, [.. new[] { First, Second }.Select(message => reader == "alice" ? message : message with { ClientMsgId = null })])
        {
            Timers = [On, Off],
            Timer = 0,
            Threads = ["m1"],
            ThreadMessages = new Dictionary<string, IReadOnlyList<string>> { ["m1"] = ["m6"] },
        };

        private void Send(string clientMsgId, string messageId, long seqNo, string text, string? threadId, long timestamp)
        {
            Alice.Add(new Sending(Now, 1, Conversation, clientMsgId, text, ThreadId: threadId));
            Alice.Add(new SendAcked(Now, 1, Conversation, clientMsgId, messageId, seqNo, timestamp));
        }

        private void Tell(LoggedTimer timer)
        {
            Alice.Add(new TimerReceived(Now, 1, Conversation, timer));
            Bob.Add(new TimerReceived(Now, 1, Conversation, timer));
        }

        private DeviceHistory NewDevice(string user)
        {
            var history = new DeviceHistory(user, "phone");
            history.Add(new Opening(Now, 1));
            history.Add(new CaughtUp(Now, 1));
            return history;
        }

        private static long Ticks(long ms) => DateTimeOffset.FromUnixTimeMilliseconds(ms).UtcTicks;
    }
}
