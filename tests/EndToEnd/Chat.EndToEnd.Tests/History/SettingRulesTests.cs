using static Chat.EndToEnd.Tests.History.HistoryEvent;

namespace Chat.EndToEnd.Tests.History;

/// <summary>The rules about own settings are each seen red on a history broken by hand.</summary>
public sealed class SettingRulesTests
{
    private const string Group = "g:1";

    [Fact]
    public void A_history_as_promised_passes() => Assert.Empty(new Story().Check());

    [Fact]
    public void What_was_cleared_and_is_not_any_more_is_found()
    {
        var history = new Story();
        history.Change(new OwnSettings(ClearedUpTo: 1), new OwnSettings(1, false, "two"));

        Assert.Equal([Rule.ClearedShown], history.BrokenRules());
    }

    [Fact]
    public void A_lower_place_that_moves_nothing_passes()
    {
        var history = new Story();
        history.Change(new OwnSettings(ClearedUpTo: 1), new OwnSettings(2, false, "two"));

        Assert.Empty(history.Check());
    }

    [Fact]
    public void A_draft_that_is_not_the_last_one_is_found()
    {
        var history = new Story();
        history.Change(new OwnSettings(Draft: "three"), new OwnSettings(2, false, "two"));
        Assert.Equal([Rule.SettingsDiffer], history.BrokenRules());

        history = new Story { View = view => view with { Own = new OwnSettings(2, false, "one") } };
        Assert.Equal([Rule.SettingsDiffer], history.BrokenRules());
    }

    [Fact]
    public void A_server_that_shows_what_was_cleared_is_found()
    {
        foreach (var wrong in new Func<LogView, LogView>[]
        {
            view => view with { Messages = [new LoggedMessage("m2", 2, "alice", null, "two"), .. view.Messages] },
            view => view with { Changes = [new LoggedChange("c4", 4, "alice", null, 40, "pin", "m1", 1, On: true)] },
            view => view with { Notices = [new LoggedNotice("n1", 1, 10, new GroupChange("alice", "titleChanged", Value: "A"))] },
        })
        {
            var history = new Story { View = wrong };

            Assert.Contains(Rule.ClearedShown, history.BrokenRules());
        }
    }

    [Fact]
    public void A_server_that_knows_of_no_clearing_is_found()
    {
        var history = new Story { View = view => view with { Own = new OwnSettings(0, false, "two") } };

        Assert.Equal([Rule.SettingsDiffer], history.BrokenRules());
    }

    [Fact]
    public void A_message_above_what_was_cleared_that_is_not_shown_is_found()
    {
        var history = new Story { View = view => view with { Messages = [] } };

        Assert.Equal([Rule.ViewsDiffer], history.BrokenRules());
    }

    [Fact]
    public void What_was_cleared_and_comes_on_a_later_connection_is_found()
    {
        var history = new Story();
        history.Carol.Add(new Opening(history.Now, 2));
        history.Carol.Add(new Received(history.Now, 2, Group, new LoggedMessage("m2", 2, "alice", null, "2")));

        Assert.Equal([Rule.ClearedShown], history.BrokenRules());
    }

    [Fact]
    public void What_was_archived_comes_back_with_the_next_message_and_not_before()
    {
        foreach (var (isWritten, listing, isRight) in new[]
        {
            (false, Listing.AmongArchived, true), (false, Listing.AmongOthers, false), (true, Listing.AmongOthers, true), (true, Listing.AmongArchived, false), (true, Listing.Nowhere, false),
        })
        {
            var history = new Story();
            history.Change(new OwnSettings(Archived: true), new OwnSettings(2, true, "two"));
            if (isWritten)
                history.Write(4);
            history.View = view => view with { Listing = listing };

            Assert.Equal(isRight ? [] : [Rule.SettingsDiffer], history.BrokenRules());
        }
    }

    [Fact]
    public void What_was_taken_back_from_the_archive_and_is_still_there_is_found()
    {
        var history = new Story();
        history.Change(new OwnSettings(Archived: true), new OwnSettings(2, true, "two"));
        history.Change(new OwnSettings(Archived: false), new OwnSettings(2, false, "two"));
        Assert.Empty(history.Check());

        history.View = view => view with { Listing = Listing.AmongArchived };
        Assert.Equal([Rule.SettingsDiffer], history.BrokenRules());
    }

    /// <summary>Alice writes three messages; Carol, who is a member, clears the first two and keeps a draft.</summary>
    private sealed class Story
    {
        private readonly Moments _moments = new();
        private readonly DeviceHistory _settings = new("carol", "settings");
        private readonly List<LoggedMessage> _messages = [];

        public Story()
        {
            Alice = NewDevice("alice");
            Carol = NewDevice("carol");
            Write(1);
            Write(2);
            Change(new OwnSettings(ClearedUpTo: 2), new OwnSettings(2, false, ""));
            Change(new OwnSettings(Draft: "one"), new OwnSettings(2, false, "one"));
            Change(new OwnSettings(Draft: "two"), new OwnSettings(2, false, "two"));
            Write(3);
        }

        public DeviceHistory Alice { get; }

        public DeviceHistory Carol { get; }

        public Func<LogView, LogView> View { get; set; } = view => view;

        public long Now => _moments.Next();

        public void Write(long seqNo)
        {
            Alice.Add(new Sending(Now, 1, Group, $"a{seqNo}", $"{seqNo}"));
            Alice.Add(new SendAcked(Now, 1, Group, $"a{seqNo}", $"m{seqNo}", seqNo));
            _messages.Add(new LoggedMessage($"m{seqNo}", seqNo, "alice", $"a{seqNo}", $"{seqNo}"));
        }

        public void Change(OwnSettings wanted, OwnSettings answer)
        {
            var begun = Now;
            _settings.Add(new SettingsChanged(begun, Group, wanted, Now, answer));
        }

        public IReadOnlyList<Violation> Check() => HistoryChecker.Check(
            [Alice, Carol, _settings],
            [
                new LogView(Group, "alice", _messages),
                View(new LogView(Group, "carol", [.. _messages.Where(one => one.SeqNo > 2).Select(one => one with { ClientMsgId = null })])
                {
                    IsGuest = true, Own = new OwnSettings(2, false, "two"), Listing = Listing.AmongOthers,
                }),
            ]);

        public IEnumerable<Rule> BrokenRules() => Check().Select(violation => violation.Rule).Distinct();

        private DeviceHistory NewDevice(string user)
        {
            var history = new DeviceHistory(user, "phone");
            history.Add(new Opening(Now, 1));
            history.Add(new CaughtUp(Now, 1));
            return history;
        }
    }
}
