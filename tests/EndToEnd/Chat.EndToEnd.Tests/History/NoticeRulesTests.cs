using static Chat.EndToEnd.Tests.History.HistoryEvent;

namespace Chat.EndToEnd.Tests.History;

/// <summary>The rules about groups' notices, and about those who come and go, are each seen red on a history broken by hand.</summary>
public sealed class NoticeRulesTests
{
    private const string Group = "g:1";

    [Fact]
    public void A_history_as_promised_passes() => Assert.Empty(new Story().Check());

    [Fact]
    public void A_change_without_a_notice_is_found()
    {
        var history = new Story();
        history.Notices.RemoveAt(2);

        Assert.Contains(Rule.NoticeMissing, history.BrokenRules());
    }

    [Fact]
    public void A_change_with_two_notices_is_found()
    {
        var history = new Story();
        history.Notices.Add(history.Notices[2] with { MessageId = "n9", SeqNo = 9 });

        Assert.Contains(Rule.NoticeTwice, history.BrokenRules());
    }

    [Fact]
    public void A_title_that_was_tried_twice_may_have_two_notices_if_there_is_another_between()
    {
        var history = new Story();
        history.Tell(9, new GroupChange("alice", "titleChanged", Value: "B"), tries: 2);
        history.Tell(10, new GroupChange("alice", "titleChanged", Value: "C"));
        history.Notices.Add(history.Notices[^2] with { MessageId = "n11", SeqNo = 11 });
        history.Deliver(history.Notices[^1]);
        history.Title = "B";

        Assert.Empty(history.Check());
    }

    [Fact]
    public void A_notice_of_what_nobody_did_is_found()
    {
        var history = new Story();
        history.Notices[2] = history.Notices[2] with { Change = history.Notices[2].Change with { By = "bob" } };

        Assert.Contains(Rule.NoticeNeverMade, history.BrokenRules());
    }

    [Fact]
    public void Notices_in_another_order_than_the_changes_are_found()
    {
        var history = new Story();
        history.Swap(1, 2);

        Assert.Contains(Rule.NoticeOutOfOrder, history.BrokenRules());
    }

    [Fact]
    public void A_notice_above_what_was_written_after_its_change_is_found()
    {
        var history = new Story();
        history.Tell(10, new GroupChange("alice", "titleChanged", Value: "B"));
        history.Alice.Add(new Sending(history.Now, 1, Group, "a9", "nine"));
        history.Messages.Add(new LoggedMessage("m9", 9, "alice", "a9", "nine"));

        Assert.Contains(Rule.NoticeOutOfOrder, history.BrokenRules());
    }

    [Fact]
    public void A_notice_that_tells_what_was_so_already_is_found()
    {
        foreach (var change in new[]
        {
            new GroupChange("alice", "titleChanged", Value: "A"), new GroupChange("alice", "memberAdded", "bob"), new GroupChange("alice", "memberRemoved", "carol"),
            new GroupChange("alice", "roleChanged", "bob", "admin"), new GroupChange("alice", "left", "bob"), new GroupChange("alice", "roleChanged", "dave", "admin"),
        })
        {
            var history = new Story();
            history.Tell(9, change);

            Assert.Contains(Rule.NoticeWithoutEffect, history.BrokenRules());
        }
    }

    [Fact]
    public void A_group_that_the_notices_do_not_give_is_found()
    {
        var history = new Story { Title = "B" };

        Assert.Equal([Rule.GroupDiffers], history.BrokenRules());
    }

    [Fact]
    public void A_notice_that_is_delivered_otherwise_or_that_the_log_lacks_is_found()
    {
        foreach (var (wrong, rule) in new (Func<LoggedNotice, LoggedNotice>, Rule)[]
        {
            (notice => notice with { Change = notice.Change with { Value = "X" } }, Rule.DeliveredDifferently), (notice => notice with { SeqNo = 19 }, Rule.SeqNoMoved),
            (notice => notice with { MessageId = "n9", SeqNo = 9 }, Rule.DeliveredUnlogged),
        })
        {
            var history = new Story();
            history.Bob.Add(new NoticeReceived(history.Now, 1, Group, wrong(history.Notices[2])));

            Assert.Contains(rule, history.BrokenRules());
        }
    }

    [Fact]
    public void Servers_that_show_different_notices_are_found()
    {
        var history = new Story { BobsView = view => view with { Notices = [.. view.Notices.SkipLast(1)] } };

        Assert.Equal([Rule.ViewsDiffer], history.BrokenRules());
    }

    [Fact]
    public void A_notice_that_a_member_never_got_is_found()
    {
        var history = new Story(lackedByBob: 2);

        Assert.Contains(Rule.NeverReceived, history.BrokenRules());
        Assert.Contains(Rule.Skipped, history.BrokenRules());
    }

    [Fact]
    public void What_a_guest_gets_of_a_time_when_it_is_no_member_is_found()
    {
        foreach (var entry in new HistoryEvent[]
        {
            // Before it came, its removal itself, and what was written after it.
            new Received(0, 1, Group, new LoggedMessage("m2", 2, "alice", null, "two")),
            new NoticeReceived(0, 1, Group, new LoggedNotice("n6", 6, 60, new GroupChange("alice", "memberRemoved", "carol"))),
            new Received(0, 1, Group, new LoggedMessage("m7", 7, "alice", null, "seven")),
        })
        {
            var history = new Story();
            history.Carol.Add(entry with { Moment = history.Now });

            Assert.Contains(Rule.SeenByStranger, history.BrokenRules());
        }
    }

    [Fact]
    public void What_is_written_right_after_a_removal_may_still_come_from_another_server_and_nothing_later()
    {
        foreach (var (staleness, writtenAfter, isFound) in new[] { (1.0, 0.5, false), (1.0, 2.0, true), (0.0, 0.5, true) })
        {
            var history = new Story { Staleness = TimeSpan.FromSeconds(staleness) };
            var timestamp = TimeProvider.System.GetUtcNow().AddSeconds(writtenAfter).ToUnixTimeMilliseconds();
            history.Carol.Add(new Received(history.Now, 1, Group, new LoggedMessage("m7", 7, "alice", null, "seven") { Timestamp = timestamp }));

            Assert.Equal(isFound, history.BrokenRules().Contains(Rule.SeenByStranger));
        }
    }

    [Fact]
    public void What_a_guest_may_read_of_a_time_when_it_is_no_member_is_found()
    {
        var history = new Story { CarolsView = view => view with { IsRefused = false } };
        Assert.Equal([Rule.SeenByStranger], history.BrokenRules());

        history = new Story();
        history.AddCarolAgain();
        history.CarolsView = view => view with { IsRefused = false, Messages = [new LoggedMessage("m7", 7, "alice", null, "seven")], Notices = [history.Notices[^1]] };
        Assert.Equal([Rule.SeenByStranger], history.BrokenRules());
    }

    [Fact]
    public void A_guest_that_is_gone_is_refused_also_what_it_could_read_before()
    {
        var history = new Story { CarolsView = view => view with { IsFromJoin = false } };
        Assert.Empty(history.Check());

        history.CarolsView = view => view with { IsFromJoin = false, IsRefused = false };
        Assert.Equal([Rule.SeenByStranger], history.BrokenRules());
    }

    [Fact]
    public void A_guest_that_is_refused_or_lacks_what_was_written_since_it_came_is_found()
    {
        var history = new Story();
        history.AddCarolAgain();
        Assert.Equal([Rule.SeenByStranger], history.BrokenRules());

        history.CarolsView = view => view with { IsRefused = false, Notices = [history.Notices[^1]] };
        Assert.Empty(history.Check());

        history.CarolsView = view => view with { IsRefused = false };
        Assert.Equal([Rule.ViewsDiffer], history.BrokenRules());
    }

    [Fact]
    public void A_guest_that_never_gets_its_notice_is_found()
    {
        var history = new Story();
        history.AddCarolAgain(isDelivered: false);
        history.CarolsView = view => view with { IsRefused = false, Notices = [history.Notices[^1]] };

        Assert.Equal([Rule.NeverReceived], history.BrokenRules());
    }

    /// <summary>Alice makes a group with Bob and writes, makes him an admin, adds Carol, renames it, removes her, and writes again.</summary>
    private sealed class Story
    {
        private readonly Moments _moments = new();
        private readonly DeviceHistory _club = new("alice", "club");

        public Story(int? lackedByBob = null)
        {
            (Alice, Bob, Carol) = (NewDevice("alice"), NewDevice("bob"), NewDevice("carol"));
            Tell(1, new GroupChange("alice", "created", "bob", ""), isDelivered: false);
            Write("m2", 2, "two");
            Tell(3, new GroupChange("alice", "roleChanged", "bob", "admin"));
            Tell(4, new GroupChange("alice", "memberAdded", "carol"), lackedByBob != 2);
            Carol.Add(new NoticeReceived(Now, 1, Group, Notices[^1]));
            Tell(5, new GroupChange("alice", "titleChanged", Value: "A"));
            Carol.Add(new NoticeReceived(Now, 1, Group, Notices[^1]));
            Tell(6, new GroupChange("alice", "memberRemoved", "carol"));
            Write("m7", 7, "seven");
        }

        public DeviceHistory Alice { get; }

        public DeviceHistory Bob { get; }

        public DeviceHistory Carol { get; }

        public List<LoggedNotice> Notices { get; } = [];

        public List<LoggedMessage> Messages { get; } = [];

        public string Title { get; set; } = "A";

        public Func<LogView, LogView> BobsView { get; set; } = view => view;

        public Func<LogView, LogView> CarolsView { get; set; } = view => view;

        public TimeSpan Staleness { get; init; }

        public long Now => _moments.Next();

        /// <summary>Somebody changes the group, and all are told.</summary>
        public void Tell(long seqNo, GroupChange change, bool isDelivered = true, int tries = 1)
        {
            var begun = Now;
            _club.Add(new GroupChanged(begun, Group, change, Now, tries));
            Notices.Add(new LoggedNotice($"n{seqNo}", seqNo, 10 * seqNo, change));
            if (isDelivered)
                Deliver(Notices[^1]);
        }

        public void Deliver(LoggedNotice notice)
        {
            foreach (var device in new[] { Alice, Bob })
                device.Add(new NoticeReceived(Now, 1, Group, notice));
        }

        public void Swap(int one, int other) =>
            (Notices[one], Notices[other]) = (Notices[one] with { SeqNo = Notices[other].SeqNo }, Notices[other] with { SeqNo = Notices[one].SeqNo });

        public void AddCarolAgain(bool isDelivered = true)
        {
            Tell(8, new GroupChange("alice", "memberAdded", "carol"));
            if (isDelivered)
                Carol.Add(new NoticeReceived(Now, 1, Group, Notices[^1]));
        }

        public IReadOnlyList<Violation> Check()
        {
            var isMember = Notices.Any(notice => notice.SeqNo == 8);
            var group = SeenGroup.Of(Title, [("alice", "owner"), ("bob", "admin"), .. isMember ? [("carol", "member")] : Array.Empty<(string, string)>()]);
            var (alices, bobs) = (ViewOf("alice") with { Group = group }, BobsView(ViewOf("bob")));
            var carols = CarolsView(new LogView(Group, "carol", []) { IsGuest = true, IsFromJoin = true, IsRefused = true });
            return HistoryChecker.Check([Alice, Bob, Carol, _club], [alices, bobs, carols], staleness: Staleness);
        }

        public IEnumerable<Rule> BrokenRules() => Check().Select(violation => violation.Rule).Distinct();

        private LogView ViewOf(string reader) => new(Group, reader, [.. Messages.OrderBy(one => one.SeqNo).Select(one => one.SenderId == reader ? one : one with { ClientMsgId = null })])
        {
            Notices = [.. Notices.OrderBy(notice => notice.SeqNo)],
        };

        private void Write(string messageId, long seqNo, string text)
        {
            Alice.Add(new Sending(Now, 1, Group, $"a{seqNo}", text));
            Alice.Add(new SendAcked(Now, 1, Group, $"a{seqNo}", messageId, seqNo));
            Bob.Add(new Received(Now, 1, Group, new LoggedMessage(messageId, seqNo, "alice", null, text)));
            Messages.Add(new LoggedMessage(messageId, seqNo, "alice", $"a{seqNo}", text));
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
