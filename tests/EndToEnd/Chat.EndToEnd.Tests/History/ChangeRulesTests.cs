using static Chat.EndToEnd.Tests.History.HistoryEvent;

namespace Chat.EndToEnd.Tests.History;

/// <summary>The rules about changes, too, are each seen red on a history broken by hand.</summary>
public sealed partial class ChangeRulesTests
{
    private const string Conversation = "dm:alice:bob";
    private const string Thumb = "👍";

    private static readonly WantedChange _edit = new("edit", "m1", "one!", BasedOn: 0);
    private static readonly WantedChange _react = new("react", "m1", Emoji: Thumb, On: true);
    private static readonly WantedChange _pin = new("pin", "m1", On: true);
    private static readonly WantedChange _delete = new("delete", "m2");

    [Fact]
    public void A_history_as_promised_passes() => Assert.Empty(new Story().Check());

    [Fact]
    public void A_message_that_comes_in_its_present_state_stands_for_its_changes()
    {
        var history = new Story(deliver: false);
        history.Bob.Add(new Received(history.Now, 1, Conversation, history.First));
        history.Bob.Add(new Received(history.Now, 1, Conversation, history.Second));

        Assert.Empty(history.Check());
    }

    [Fact]
    public void An_acked_change_that_the_log_lacks_is_found()
    {
        var history = new Story();
        history.Bob.Add(new Changing(history.Now, 1, Conversation, "b9", _pin with { Target = "m1", On = false }));
        history.Bob.Add(new ChangeAcked(history.Now, 1, Conversation, "b9", "c9", 9, 90, history.Now));

        Assert.Contains(Rule.ChangeMissing, history.BrokenRules());
    }

    [Fact]
    public void An_edit_that_went_with_its_message_is_not_missed()
    {
        var history = new Story();
        history.Alice.Add(new Changing(history.Now, 0, Conversation, "a9", new WantedChange("edit", "m2", "two!")));
        history.Alice.Add(new ChangeAcked(history.Now, 0, Conversation, "a9", "c0", 5, 30, history.Now));

        Assert.Empty(history.Check());
    }

    [Fact]
    public void A_change_stored_twice_is_found()
    {
        var history = new Story();
        history.Changes.Add(history.Changes[0] with { MessageId = "c9", SeqNo = 9 });

        Assert.Contains(Rule.StoredTwice, history.BrokenRules());
    }

    [Fact]
    public void A_place_of_a_message_that_a_change_has_too_is_found()
    {
        var history = new Story();
        history.Bob.Add(new ChangeReceived(history.Now, 1, Conversation, history.Changes[0] with { SeqNo = 2 }));

        Assert.Contains(Rule.SeqNoReused, history.BrokenRules());
        Assert.Contains(Rule.SeqNoMoved, history.BrokenRules());
    }

    [Fact]
    public void A_change_acked_with_another_entry_is_found()
    {
        var history = new Story();
        history.Bob.Add(new Changing(history.Now, 0, Conversation, "b9", _react with { Emoji = "❤️" }));
        history.Bob.Add(new ChangeAcked(history.Now, 0, Conversation, "b9", "c2", 4, 20, history.Now));

        Assert.Equal([Rule.ChangeAckedWrongly], history.BrokenRules());
    }

    [Fact]
    public void A_retry_that_is_answered_with_another_entry_is_found()
    {
        var history = new Story();
        var begun = history.Now;
        history.Alice.Add(new Changing(begun, 0, Conversation, "a3", _edit));
        history.Alice.Add(new ChangeAcked(history.Now, 0, Conversation, "a3", "c9", 9, 90, begun));

        Assert.Contains(Rule.RetryAnsweredOtherwise, history.BrokenRules());
    }

    [Fact]
    public void What_was_so_already_passes()
    {
        var history = new Story();
        history.Alice.Add(new Changing(history.Now, 0, Conversation, "a9", _pin));
        history.Alice.Add(new ChangeAcked(history.Now, 0, Conversation, "a9", "c3", 6, 40, history.Now));

        Assert.Empty(history.Check());
    }

    [Fact]
    public void A_refusal_without_a_reason_is_found_and_one_with_a_reason_passes()
    {
        foreach (var (target, code, broken) in new[] { ("m1", "conflict", true), ("m2", "conflict", false), ("m1", "too_large", true), ("m1", "not_a_member", true) })
        {
            var history = new Story();
            history.Bob.Add(new Changing(history.Now, 0, Conversation, "b9", _react with { Target = target, Emoji = "❤️" }));
            history.Bob.Add(new ChangeRefused(history.Now, 0, Conversation, "b9", code));

            Assert.Equal(broken ? [Rule.ChangeRefusedWrongly] : [], history.BrokenRules());
        }
    }

    [Fact]
    public void What_was_refused_and_is_in_the_log_is_found()
    {
        var history = new Story();
        history.Bob.Add(new ChangeRefused(history.Now, 0, Conversation, "b1", "conflict"));

        Assert.Equal([Rule.StoredThoughRefused], history.BrokenRules());
    }

    [Fact]
    public void A_change_that_nobody_made_is_found()
    {
        var history = new Story();
        history.Changes[3] = history.Changes[3] with { ClientMsgId = "a8" };

        Assert.Equal([Rule.ChangeNeverMade], history.BrokenRules());
    }

    [Fact]
    public void An_edit_that_is_not_told_to_be_concurrent_is_found()
    {
        var history = new Story();
        history.Make(history.Alice, new WantedChange("edit", "m1", "one?", BasedOn: 0), "a9", "c9", 9);
        history.First = history.First with { Text = "one?", State = history.First.State! with { Text = "one?", EditedAt = 90, ChangedSeqNo = 9 } };

        Assert.Contains(Rule.ChangeNeverMade, history.BrokenRules());
    }

    [Fact]
    public void A_change_that_changes_nothing_is_found()
    {
        foreach (var change in new[] { _react, _pin, _edit, _delete, new WantedChange("react", "m1", Emoji: "❤️"), new WantedChange("pin", "m3", On: true) })
        {
            var history = new Story();
            history.Make(history.Alice, change, "a9", "c9", 9);
            if (change == _react)
                history.Changes[^1] = history.Changes[^1] with { SenderId = "bob", ClientMsgId = null };

            Assert.Contains(Rule.ChangeWithoutEffect, history.BrokenRules());
        }
    }

    [Fact]
    public void A_state_that_the_entries_do_not_give_is_found()
    {
        var state = new Story().First.State!;
        foreach (var wrong in new[]
        {
            null, state with { Text = "one" }, state with { Reactions = $"{Thumb}:2" }, state with { Reactions = "" }, state with { Pinned = false }, state with { EditedAt = 11 },
            state with { ChangedSeqNo = 4 }, state with { Concurrent = true },
        })
        {
            var history = new Story();
            history.First = history.First with { State = wrong };

            Assert.Contains(Rule.StateDiffers, history.BrokenRules());
        }
    }

    [Fact]
    public void Servers_that_show_different_states_are_found()
    {
        var history = new Story();
        history.BobsView = view => view with { Messages = [view.Messages[0], view.Messages[1] with { State = null, Text = "two" }] };

        Assert.Equal([Rule.ViewsDiffer, Rule.StateDiffers], history.BrokenRules());
    }

    [Fact]
    public void A_reaction_that_names_somebody_else_is_found()
    {
        foreach (var wrong in new[] { new SeenReaction(Thumb, false, ["alice"]), new SeenReaction(Thumb, true, ["bob"]) })
        {
            var history = new Story();
            history.AlicesView = view => view with { Messages = [view.Messages[0] with { Reactions = [wrong] }, view.Messages[1]] };

            Assert.Equal([Rule.ListDiffers], history.BrokenRules());
        }
    }

    [Fact]
    public void Something_of_a_deleted_message_that_is_still_shown_is_found()
    {
        foreach (var shown in new Func<LogView, LogView>[]
        {
            view => view with { Messages = [view.Messages[0], view.Messages[1] with { Text = "two" }] },
            view => view with { Messages = [view.Messages[0], view.Messages[1] with { File = "f1" }] },
            view => view with { Messages = [view.Messages[0], view.Messages[1] with { Reactions = [new SeenReaction(Thumb, false, ["bob"])] }] },
            view => view with { Pins = ["m2"] },
            view => view with { Lists = [new MessageLists(view.Messages[1], [("bob", Thumb, 5)], null)] },
            view => view with { Lists = [new MessageLists(view.Messages[1], [], [("m2", "two")])] },
        })
        {
            var history = new Story { AlicesView = shown };

            Assert.Contains(Rule.DeletedShown, history.BrokenRules());
        }
    }

    [Fact]
    public void An_edit_of_a_deleted_message_that_is_still_in_the_log_is_found()
    {
        var history = new Story();
        history.Changes.Insert(3, new LoggedChange("c0", 5, "alice", null, 30, "edit", "m2", 2, "two!"));

        Assert.Contains(Rule.DeletedShown, history.BrokenRules());
    }

    [Fact]
    public void Lists_that_the_entries_do_not_give_are_found()
    {
        foreach (var wrong in new Func<MessageLists, MessageLists>[]
        {
            lists => lists with { Reactions = [] },
            lists => lists with { Reactions = [("bob", Thumb, 5)] },
            lists => lists with { Edits = [("m1", "one")] },
            lists => lists with { Edits = [("m1", "one"), ("c1", "two")] },
            lists => lists with { Edits = null },
        })
        {
            var history = new Story();
            history.AlicesView = view => view with { Lists = [wrong(view.Lists[0])] };

            Assert.Contains(Rule.ListDiffers, history.BrokenRules());
        }
    }

    [Fact]
    public void Pins_and_a_newest_message_that_the_log_does_not_give_are_found()
    {
        foreach (var wrong in new Func<LogView, LogView>[] { view => view with { Pins = [] }, view => view with { Newest = view.Messages[0] } })
        {
            var history = new Story { AlicesView = wrong };

            Assert.Equal([Rule.ListDiffers], history.BrokenRules());
        }
    }

    [Fact]
    public void A_change_that_is_delivered_otherwise_is_found()
    {
        var history = new Story();
        history.Bob.Add(new ChangeReceived(history.Now, 1, Conversation, history.Changes[0] with { Text = "two" }));

        Assert.Contains(Rule.DeliveredDifferently, history.BrokenRules());
    }

    [Fact]
    public void A_state_that_is_delivered_and_never_was_is_found()
    {
        var history = new Story();
        history.Bob.Add(new Received(history.Now, 1, Conversation, history.First with { State = history.First.State! with { ChangedSeqNo = 4 } }));

        Assert.Equal([Rule.DeliveredDifferently], history.BrokenRules());
    }

    [Fact]
    public void A_change_still_missing_after_caughtUp_is_found_though_it_comes_later()
    {
        var history = new Story(deliver: false);
        history.DeliverMessages();
        history.Bob.Add(new Acking(history.Now, 1, Conversation, 6));
        history.Bob.Add(new Opening(history.Now, 2));
        history.Bob.Add(new ChangeReceived(history.Now, 2, Conversation, history.Changes[0]));
        history.Bob.Add(new CaughtUp(history.Now, 2));
        history.Bob.Add(new ChangeReceived(history.Now, 2, Conversation, history.Changes[3]));

        Assert.Equal([Rule.ChangeGapAtCaughtUp], history.BrokenRules());
    }

    [Fact]
    public void A_change_that_a_device_never_got_is_found()
    {
        var history = new Story(deliver: false);
        history.DeliverMessages();
        history.Bob.Add(new ChangeReceived(history.Now, 1, Conversation, history.Changes[3]));

        Assert.Equal([Rule.DeviceStateDiffers], history.BrokenRules());
    }

    [Fact]
    public void A_change_that_comes_after_a_later_one_is_found()
    {
        var history = new Story(deliver: false);
        history.DeliverMessages();
        foreach (var change in new[] { 2, 0, 3 })
            history.Bob.Add(new ChangeReceived(history.Now, 1, Conversation, history.Changes[change]));

        Assert.Equal([Rule.OutOfOrder], history.BrokenRules());
    }

    [Fact]
    public void Changes_of_one_connection_stored_in_another_order_are_found()
    {
        var history = new Story();
        history.Alice.Add(new Sending(history.Now, 1, Conversation, "a8", "three"));
        history.Make(history.Alice, new WantedChange("pin", "m1"), "a9", "c9", 9);
        history.Alice.Add(new SendAcked(history.Now, 1, Conversation, "a8", "m8", 10));
        history.Messages.Add(new LoggedMessage("m8", 10, "alice", "a8", "three"));

        Assert.Contains(Rule.SentOrderBroken, history.BrokenRules());
    }
}
