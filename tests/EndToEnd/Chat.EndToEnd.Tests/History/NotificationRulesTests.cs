using static Chat.EndToEnd.Tests.History.HistoryEvent;

namespace Chat.EndToEnd.Tests.History;

/// <summary>Each of the checker's rules of notifications is seen red on a history broken by hand.</summary>
public sealed class NotificationRulesTests
{
    private const string Conversation = "dm:alice:bob";

    [Fact]
    public void An_absent_device_that_is_told_of_the_newest_message_in_time_passes()
    {
        var story = new Story();
        story.Tell(1, 0.3);
        story.Tell(3, 2.3);

        Assert.Empty(story.BrokenRules());
    }

    [Fact]
    public void A_message_that_an_absent_device_is_not_told_of_is_found()
    {
        var story = new Story();
        story.Tell(2, 1.3);

        Assert.Equal([Rule.NeverTold], story.BrokenRules());
    }

    [Fact]
    public void A_withdrawal_tells_of_no_message()
    {
        var story = new Story();
        story.Tell(3, 2.3, isWithdrawal: true);

        Assert.Equal([Rule.NeverTold, Rule.NeverTold, Rule.NeverTold], story.BrokenRules());
    }

    [Fact]
    public void A_message_is_owed_from_the_answer_to_the_subscription_until_its_end_begins()
    {
        var story = new Story(subscribedAt: 0.5);
        story.Tablet.Add(new Subscribing(Story.At(9.5), null, Story.At(9.6)));

        Assert.Equal([Rule.NeverTold], story.BrokenRules());
    }

    [Fact]
    public void A_message_that_is_first_told_late_is_found_but_not_with_a_named_reason()
    {
        var story = new Story();
        story.Tell(3, 11.5);

        Assert.Equal([Rule.ToldLate, Rule.ToldLate, Rule.ToldLate], story.BrokenRules());

        story.Faults.Add(new Fault("kill -9", Story.At(3), Story.At(4), TimeSpan.Zero));
        Assert.Empty(story.BrokenRules());
    }

    [Fact]
    public void A_fault_excuses_nothing_after_its_allowance()
    {
        var story = new Story();
        story.Faults.Add(new Fault("kill -9", Story.At(-9), Story.At(-8), TimeSpan.FromSeconds(9.5)));
        story.Tell(3, 12);

        // The first was sent while it was allowed for.
        Assert.Equal([Rule.ToldLate, Rule.ToldLate, Rule.ToldLate], story.BrokenRules());

        story.Faults.Add(new Fault("kill -9", Story.At(-9), Story.At(-8), TimeSpan.FromSeconds(12.5)));
        Assert.Empty(story.BrokenRules());
    }

    [Fact]
    public void A_device_that_is_told_of_what_it_has_acked_is_found()
    {
        var story = new Story();
        Story.Ack(story.Tablet, 3, 3);
        story.Tell(3, 4.9);
        Assert.Empty(story.BrokenRules());

        story.Tell(3, 5.2);
        Assert.Equal([Rule.ToldThoughAcked], story.BrokenRules());
    }

    [Fact]
    public void A_device_that_is_told_of_what_its_user_has_read_elsewhere_is_found_but_not_of_what_came_there()
    {
        foreach (var isRead in new[] { true, false })
        {
            var story = new Story();
            Story.Ack(story.AddDevice("phone"), 3, 3, isRead);
            story.Tell(3, 5.2);

            Assert.Equal(isRead ? [Rule.ToldThoughAcked] : [], story.BrokenRules());
        }
    }

    [Fact]
    public void An_ack_in_time_is_enough_and_one_that_comes_late_is_not()
    {
        var inTime = new Story();
        Story.Ack(inTime.Tablet, 3, 7.5);
        Assert.Empty(inTime.BrokenRules());

        var late = new Story();
        Story.Ack(late.Tablet, 3, 9);
        Assert.Equal([Rule.NeverTold], late.BrokenRules());
    }

    [Theory]
    [InlineData(4, 5, true)]
    [InlineData(2.5, 5, true)]
    [InlineData(1, 2, false)]
    [InlineData(5.2, 5.5, false)]
    public void An_ack_that_a_server_lost_with_its_life_forbids_nothing(double from, double to, bool isLost)
    {
        var story = new Story();
        Story.Ack(story.Tablet, 3, 3);
        story.Tell(3, 6);
        story.Faults.Add(new Fault("kill -9", Story.At(from), Story.At(to), TimeSpan.Zero, LosesAcks: true));

        Assert.Equal(isLost ? [] : [Rule.ToldThoughAcked], story.BrokenRules());
    }

    [Fact]
    public void What_was_on_its_way_may_come_while_everything_is_slow_and_not_after_another_fault()
    {
        var story = new Story();
        Story.Ack(story.Tablet, 3, 3);
        story.Tell(3, 6);
        story.Faults.Add(new Fault("the platform is away", Story.At(4), Story.At(5), TimeSpan.Zero));
        Assert.Equal([Rule.ToldThoughAcked], story.BrokenRules());

        story.Faults.Add(new Fault("the machine is busy", Story.At(4), Story.At(5), TimeSpan.Zero, SlowsAll: true));
        Assert.Empty(story.BrokenRules());
    }

    [Fact]
    public void A_device_that_is_told_of_a_muted_conversation_is_found()
    {
        var story = new Story();
        story.Tablet.Add(new Muting(Story.At(-1), Conversation, true, Story.At(-0.9)));
        Assert.Empty(story.BrokenRules());
        story.Tell(3, 2.3);
        Assert.Equal([Rule.ToldThoughMuted], story.BrokenRules());

        story.Tablet.Add(new Muting(Story.At(2.2), Conversation, false, Story.At(2.25)));
        Assert.Empty(story.BrokenRules());
    }

    [Fact]
    public void A_device_is_told_of_a_muted_conversation_where_its_user_is_mentioned()
    {
        foreach (var (mentions, isRight) in new[] { ("bob", true), ("@all", true), ("alice", false) })
        {
            var story = new Story(mentions: mentions);
            story.Tablet.Add(new Muting(Story.At(-1), Conversation, true, Story.At(-0.9)));
            story.Tell(3, 2.3);

            Assert.Equal(isRight ? [] : [Rule.ToldThoughMuted], story.BrokenRules());
        }
    }

    [Fact]
    public void A_device_that_is_told_of_a_message_after_a_later_one_is_found_and_twice_of_the_same_passes()
    {
        var story = new Story();
        story.Tell(2, 1.3);
        story.Tell(2, 1.4);
        story.Tell(3, 2.3);
        Assert.Empty(story.BrokenRules());

        story.Tell(2, 2.4);
        Assert.Equal([Rule.ToldOutOfOrder], story.BrokenRules());
    }

    [Fact]
    public void A_device_that_is_told_after_its_subscription_has_ended_is_found()
    {
        var story = new Story();
        story.Tell(3, 2.3);
        story.Tablet.Add(new Subscribing(Story.At(20), null, Story.At(20.1)));
        story.Tell(3, 22);
        Assert.Empty(story.BrokenRules());

        story.Tell(3, 22.2);
        story.Tell(3, 22.3, isWithdrawal: true);
        Assert.Equal([Rule.ToldAfterEnd, Rule.ToldAfterEnd], story.BrokenRules());
    }

    [Fact]
    public void A_device_that_is_told_of_what_is_not_in_the_log_or_of_its_user_s_own_message_is_found()
    {
        foreach (var seqNo in new[] { 4, 5 })
        {
            var story = new Story();
            story.Tell(3, 2.3);
            story.Tell(seqNo, 3.3);

            Assert.Equal([Rule.ToldUnlogged], story.BrokenRules());
        }
    }

    /// <summary>Alice sends three messages, a second apart, and Bob a fourth; his tablet is subscribed, and never connected.</summary>
    private sealed class Story
    {
        private const string Address = "token";
        private static readonly long Start = new DateTimeOffset(2030, 1, 1, 12, 0, 0, TimeSpan.Zero).Ticks;
        private readonly List<DeviceHistory> _devices = [];
        private readonly List<Told> _told = [];
        private readonly List<LoggedMessage> _log = [];

        /// <param name="mentions">Whom Alice's third message mentions.</param>
        public Story(double subscribedAt = -2, string mentions = "")
        {
            Tablet = AddDevice("tablet");
            Tablet.Add(new Subscribing(At(subscribedAt), Address, At(subscribedAt + 0.1)));
            for (var n = 1; n <= 4; n++)
                Send(n, n == 4 ? "bob" : "alice", n == 3 ? mentions : "");
        }

        public DeviceHistory Tablet { get; }

        public List<Fault> Faults { get; } = [];

        public static long At(double seconds) => Start + TimeSpan.FromSeconds(seconds).Ticks;

        public DeviceHistory AddDevice(string device, string user = "bob")
        {
            var history = new DeviceHistory(user, device);
            _devices.Add(history);
            return history;
        }

        public static void Ack(DeviceHistory device, long seqNo, double at, bool isRead = false)
        {
            device.Add(new Acking(At(at - 0.1), 0, Conversation, seqNo, isRead));
            device.Add(new Acked(At(at), 0, Conversation, seqNo, isRead));
        }

        public void Tell(long seqNo, double at, bool isWithdrawal = false) => _told.Add(new Told(At(at), Address, Conversation, seqNo, isWithdrawal));

        public IEnumerable<Rule> BrokenRules() => HistoryChecker.Check(
            _devices, [new LogView(Conversation, "alice", _log), new LogView(Conversation, "bob", _log)],
            new NotificationHistory(_told, Faults, NotificationTimes.Default)).Select(violation => violation.Rule);

        private void Send(int number, string sender, string mentions)
        {
            var device = AddDevice("sender", sender);
            device.Add(new Sending(At(number - 1), 0, Conversation, $"{number}", "hello", Mentions: mentions));
            device.Add(new SendAcked(At(number - 0.99), 0, Conversation, $"{number}", $"m{number}", number));
            _log.Add(new LoggedMessage($"m{number}", number, sender, $"{number}", "hello") { Mentions = mentions });
        }
    }
}
