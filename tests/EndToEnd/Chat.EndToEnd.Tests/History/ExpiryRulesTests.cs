using static Chat.EndToEnd.Tests.History.HistoryEvent;

namespace Chat.EndToEnd.Tests.History;

/// <summary>The rules about timers and messages that expire are each seen red on a history broken by hand.</summary>
public sealed partial class ExpiryRulesTests
{
    private const string Conversation = "dm:alice:bob";

    [Fact]
    public void A_history_as_promised_passes() => Assert.Empty(new Story().Check());

    [Fact]
    public void A_timer_that_was_acked_and_is_not_in_the_log_as_it_was_acked_is_found()
    {
        foreach (var wrong in new Func<LoggedTimer, LoggedTimer>[] { timer => timer with { MessageId = "t9" }, timer => timer with { SeqNo = 9 }, timer => timer with { Seconds = 6 } })
        {
            var history = new Story();
            history.Acked = wrong(history.Acked);

            Assert.Contains(Rule.TimerDiffers, history.BrokenRules());
        }
    }

    [Fact]
    public void A_timer_that_nobody_set_is_found()
    {
        var history = new Story { Off = new LoggedTimer("t9", 5, "alice", 0) };

        Assert.Contains(Rule.TimerDiffers, history.BrokenRules());
    }

    [Fact]
    public void A_timer_that_a_device_was_told_otherwise_is_found()
    {
        var history = new Story();
        history.Bob.Add(new TimerReceived(history.Now, 1, Conversation, Story.On with { Seconds = 6 }));

        Assert.Equal([Rule.TimerDiffers], history.BrokenRules());
    }

    [Fact]
    public void A_device_that_was_never_told_of_a_timer_is_found() => Assert.Equal([Rule.NeverReceived, Rule.NeverReceived], new Story(tellsTimers: false).BrokenRules());

    [Fact]
    public void A_reader_who_is_shown_other_timers_is_found()
    {
        foreach (var wrong in new Func<LogView, LogView>[] { view => view with { Timers = [Story.On] }, view => view with { Timer = 5 } })
            Assert.Equal([Rule.TimerDiffers], new Story { BobsView = wrong }.BrokenRules());
    }

    [Fact]
    public void A_message_that_is_told_with_another_expiry_than_its_timer_gives_is_found()
    {
        foreach (var wrong in new long?[] { null, Story.Expiry - 1, Story.Expiry + 1 })
            Assert.Equal([Rule.ExpiryDiffers], new Story(expiresAt: wrong).BrokenRules());
    }

    [Fact]
    public void A_message_without_a_timer_that_is_told_with_an_expiry_is_found()
    {
        var history = new Story();
        history.First = history.First with { ExpiresAt = Story.Expiry };

        Assert.Contains(Rule.ExpiryDiffers, history.BrokenRules());
    }

    [Fact]
    public void A_message_without_a_timer_that_is_gone_is_found()
    {
        var history = new Story { AlicesView = Without("m1"), BobsView = Without("m1") };

        Assert.Contains(Rule.AckedMissing, history.BrokenRules());

        static Func<LogView, LogView> Without(string id) => view => view with { Messages = [.. view.Messages.Where(message => message.MessageId != id)] };
    }

    [Fact]
    public void A_message_that_a_connection_brings_which_began_after_the_expiry_is_found()
    {
        var history = new Story();
        history.Reconnect(Story.AfterExpiry);
        Assert.Empty(history.Check());

        history.Bob.Add(new Received(Story.AfterExpiry + 2, 2, Conversation, history.Timed(null)));
        Assert.Equal([Rule.ExpiredShown], history.BrokenRules());
    }

    [Fact]
    public void A_message_that_comes_long_after_the_expiry_on_an_older_connection_is_found()
    {
        var history = new Story();
        history.Bob.Add(new Received(Story.AfterExpiry, 1, Conversation, history.Timed(null)));
        Assert.Empty(history.Check());

        history.Bob.Add(new Received(Story.AfterExpiry + ExpiryRules.OnItsWay.Ticks, 1, Conversation, history.Timed(null)));
        Assert.Equal([Rule.ExpiredShown], history.BrokenRules());
    }

    [Fact]
    public void A_change_that_comes_after_the_expiry_of_its_message_is_found()
    {
        var history = new Story();
        history.Reconnect(Story.AfterExpiry);
        history.Bob.Add(new ChangeReceived(Story.AfterExpiry + 2, 2, Conversation, new LoggedChange("c1", 4, "alice", null, 10, "edit", "m3", 3, "three!")));

        Assert.Equal([Rule.ExpiredShown], history.BrokenRules());
    }

    [Fact]
    public void A_page_that_shows_what_has_expired_is_found()
    {
        Assert.Empty(new Story().With(story => story.ReadPage(Story.BeforeExpiry, isShown: true)).Check());
        Assert.Empty(new Story().With(story => story.ReadPage(Story.AfterExpiry, isShown: false)).Check());

        Assert.Equal([Rule.ExpiredShown], new Story().With(story => story.ReadPage(Story.AfterExpiry, isShown: true)).BrokenRules());
    }

    [Fact]
    public void A_page_that_lacks_what_has_not_expired_is_found() =>
        Assert.Equal([Rule.ExpiredEarly], new Story().With(story => story.ReadPage(Story.BeforeExpiry, isShown: false)).BrokenRules());

    [Fact]
    public void What_has_expired_is_found_wherever_a_reader_is_shown_it_in_the_end()
    {
        var story = new Story();
        foreach (var wrong in new Func<LogView, LogView>[]
        {
            view => view with { Messages = [view.Messages[0], story.Timed(null), .. view.Messages.Skip(1)] }, view => view with { Newest = story.Timed(null) }, view => view with { Pins = ["m3"] },
            view => view with { Changes = [new LoggedChange("c1", 4, "alice", null, 10, "edit", "m3", 3, "three!")] }, view => view with { ThreadMessages = new Dictionary<string, IReadOnlyList<string>> { ["m1"] = ["m3", "m6"] } },
        })
        {
            Assert.Contains(Rule.ExpiredShown, new Story { BobsView = wrong }.BrokenRules());
        }
    }

    [Fact]
    public void Counts_of_unread_messages_with_what_has_expired_are_found()
    {
        Assert.Empty(new Story { BobsView = view => view with { Unread = new Unread(6, 0, 2, false, 0) } }.Check());

        Assert.Equal([Rule.UnreadDiffers], new Story { BobsView = view => view with { Unread = new Unread(6, 0, 3, false, 0) } }.BrokenRules());
    }

    [Fact]
    public void A_thread_that_is_not_what_the_log_gives_is_found()
    {
        var history = new Story();
        history.First = history.First with { State = history.First.State! with { Thread = new SeenThread(3, 6, "alice") } };
        Assert.Contains(Rule.ThreadDiffers, history.BrokenRules());

        history = new Story { BobsView = view => view with { ThreadMessages = new Dictionary<string, IReadOnlyList<string>> { ["m1"] = [] } } };
        Assert.Equal([Rule.ThreadDiffers], history.BrokenRules());
    }

    [Fact]
    public void A_change_of_what_has_expired_is_found()
    {
        var history = new Story();
        history.Change(Story.BeforeExpiry, "b1", "c1", 4, Story.Expiry - 10);
        Assert.Empty(history.Check());

        history.Change(Story.AfterExpiry, "b2", "c2", 7, Story.Expiry + 10);
        Assert.Equal([Rule.ExpiredChanged], history.BrokenRules());
    }

    [Fact]
    public void A_change_that_is_refused_before_its_message_expires_is_found()
    {
        var history = new Story();
        history.Refuse(Story.AfterExpiry, "b1");
        Assert.Empty(history.Check());

        history.Refuse(Story.BeforeExpiry, "b2");
        Assert.Equal([Rule.ChangeRefusedWrongly], history.BrokenRules());
    }

    [Fact]
    public void A_file_that_is_refused_before_its_message_expires_is_found()
    {
        var history = new Story();
        history.Bob.Add(new FileRead(Story.AfterExpiry, 1, "m3", "f", FileOutcome.Refused));
        Assert.Empty(history.Check());

        history.Bob.Add(new FileRead(Story.BeforeExpiry, 1, "m3", "f", FileOutcome.Refused));
        Assert.Equal([Rule.FileUnreadable], history.BrokenRules());
    }

    [Fact]
    public void A_place_of_a_message_that_expires_which_another_has_too_is_found()
    {
        var history = new Story();
        history.Bob.Add(new Received(history.Now, 1, Conversation, history.Timed(null) with { MessageId = "m9" }));

        Assert.Contains(Rule.SeqNoReused, history.BrokenRules());
    }
}
