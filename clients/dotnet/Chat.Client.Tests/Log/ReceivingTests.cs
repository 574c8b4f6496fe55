using System.Text.Json;
using Chat.Client.Tests.Fakes;
using Chat.EndToEnd.Tests.Running;

namespace Chat.Client.Tests.Log;

public sealed class ReceivingTests
{
    [Fact]
    public async Task A_message_and_its_acked_place_are_in_the_store_before_it_is_acked()
    {
        await using var rig = await Rig.OnlineAsync();
        var order = new List<string>();
        rig.Store.Fails = changes =>
        {
            if (changes.OfType<StoreChange.PutMessage>().Any())
                order.Add($"stored, acked to {changes.OfType<StoreChange.PutConversation>().Single().Conversation.AckedSeqNo}; said {rig.Acks.Count}");
            return false;
        };

        rig.Server.Push(Rig.Direct, "bob", "one");
        await rig.TakenAsync(1);

        Assert.Equal(["stored, acked to 1; said 0"], order);
        Assert.Equal([new AckFrame(Rig.Direct, 1, "delivered")], rig.Acks);
    }

    [Theory]
    [InlineData("pushed")]
    [InlineData("read from a page")]
    public async Task What_a_newer_server_says_of_a_message_reaches_the_view_as_it_was_said(string how)
    {
        var said = JsonSerializer.Deserialize("""{"text":"look","poll":[{"id":"x"}]}""", ChatJson.Wire.MessageContent)!;
        await using var rig = await Rig.OnlineAsync(server =>
        {
            server.DrainsNothing = how != "pushed";
            server.Append(Rig.Direct, "bob", said);
        });

        using var timeline = rig.Client.OpenTimeline(Rig.Direct);
        await Until.TrueAsync(() => timeline.Messages.Count == 1, "it is shown");

        foreach (var message in new[] { timeline.Messages[0], rig.Client.FindConversation(Rig.Direct)!.LastMessage! })
            Assert.Equal(("look", """[{"id":"x"}]"""), (message.Text, message.Unknown["poll"].GetRawText()));
    }

    [Fact]
    public async Task A_batch_is_one_transaction_and_one_ack_a_conversation()
    {
        await using var rig = await Rig.OnlineAsync(server =>
        {
            for (var i = 1; i <= 100; i++)
                server.Append(Rig.Direct, "bob", $"{i}");
            server.Groups[Rig.Group] = "Group";
            server.Append(Rig.Group, "carol", "hello");
        });
        await rig.TakenAsync(100);

        Assert.InRange(rig.Store.Written.Count(changes => changes.OfType<StoreChange.PutMessage>().Any()), 1, 3);
        Assert.InRange(rig.Acks.Count, 2, 5);
        Assert.Equal(100, (await rig.TextsAsync()).Length);
    }

    [Fact]
    public async Task A_message_that_is_there_is_dropped_and_acked_again()
    {
        await using var rig = await Rig.OnlineAsync();
        var message = rig.Server.Push(Rig.Direct, "bob", "one");
        await rig.TakenAsync(1);
        var unread = rig.Client.FindConversation(Rig.Direct)!.UnreadCount;

        rig.Server.Current.Push(new MessageArrived(message));
        await rig.AckedAsync(() => rig.Acks.Count == 2, "it is acked again");

        Assert.Equal(["one"], await rig.TextsAsync());
        Assert.Equal(unread, rig.Client.FindConversation(Rig.Direct)!.UnreadCount);
    }

    [Fact]
    public async Task Numbers_skipped_on_a_connection_are_holes_and_before_the_first_message_nothing_is_claimed()
    {
        await using var rig = await Rig.OnlineAsync(server => server.SetCursor(Rig.Direct, 10));

        rig.Server.Append(Rig.Direct, "bob", "eleven", seqNo: 11);
        rig.Server.Current.Push(new MessageArrived(rig.Server.Log(Rig.Direct)[0]));
        await rig.TakenAsync(11);
        Assert.Equal([new SeqNoRange(11, 11)], (await rig.StoredAsync())!.Complete);

        rig.Server.Append(Rig.Direct, "bob", "fourteen", seqNo: 14);
        rig.Server.Current.Push(new MessageArrived(rig.Server.Log(Rig.Direct)[1]));
        await rig.TakenAsync(14);
        Assert.Equal([new SeqNoRange(11, 14)], (await rig.StoredAsync())!.Complete);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task After_a_new_connection_or_a_resync_the_first_message_completes_its_own_seqNo_alone(bool resync)
    {
        await using var rig = await Rig.OnlineAsync();
        rig.Server.Push(Rig.Direct, "bob", "one");
        await rig.TakenAsync(1);
        rig.Server.Append(Rig.Direct, "bob", "three", seqNo: 3);

        if (resync)
        {
            rig.Server.Current.Push(new Resync());
            rig.Server.Drain(rig.Server.Current);
        }
        else
        {
            await rig.ReconnectAsync();
        }
        await rig.TakenAsync(3);
        Assert.Equal([new SeqNoRange(1, 1), new SeqNoRange(3, 3)], (await rig.StoredAsync())!.Complete);

        rig.Server.Append(Rig.Direct, "bob", "five", seqNo: 5);
        rig.Server.Current.Push(new MessageArrived(rig.Server.Log(Rig.Direct)[^1]));
        await rig.TakenAsync(5);
        Assert.Equal([new SeqNoRange(1, 1), new SeqNoRange(3, 5)], (await rig.StoredAsync())!.Complete);
    }

    [Fact]
    public async Task What_a_read_ack_passed_over_is_not_claimed_by_the_next_push()
    {
        await using var rig = await Rig.OnlineAsync(server => server.DrainsNothing = true);
        var first = rig.Server.Append(Rig.Direct, "bob", "1");
        for (var i = 2; i <= 20; i++)
            rig.Server.Append(Rig.Direct, "bob", $"{i}");
        rig.Server.Current.Push(new MessageArrived(first));
        rig.Server.Current.Push(new Advanced(Rig.Direct, 20));
        await Until.TrueAsync(() => rig.Client.FindConversation(Rig.Direct)?.MaxSeqNo == 20, "that is taken");

        await rig.Client.MarkReadAsync(Rig.Direct, 20);
        rig.Server.Push(Rig.Direct, "bob", "21");
        await rig.TakenAsync(21);

        Assert.Equal([new SeqNoRange(1, 1), new SeqNoRange(21, 21)], (await rig.StoredAsync())!.Complete);
    }

    [Fact]
    public async Task A_store_that_fails_costs_no_message_and_nothing_is_acked_meanwhile()
    {
        await using var rig = await Rig.OnlineAsync();
        rig.Store.Fails = changes => changes.OfType<StoreChange.PutMessage>().Any();
        rig.Server.Push(Rig.Direct, "bob", "one");
        rig.Server.Push(Rig.Direct, "bob", "two");
        await Until.TrueAsync(() => rig.Client.StorageFailed && rig.Client.Connection.Status == ConnectionStatus.Offline, "the state says so");
        Assert.Empty(rig.Acks);

        rig.Store.Fails = _ => false;
        await rig.AdvanceUntilAsync(() => rig.Server.Cursor(Rig.Direct) == 2, "both are acked");

        Assert.Equal(["one", "two"], await rig.TextsAsync());
        Assert.False(rig.Client.StorageFailed);
    }

    [Fact]
    public async Task A_new_epoch_drops_what_is_cached_and_keeps_the_outbox()
    {
        await using var rig = await Rig.OnlineAsync();
        for (var i = 1; i <= 5; i++)
            rig.Server.Push(Rig.Direct, "bob", $"old {i}");
        await rig.TakenAsync(5);
        using var timeline = rig.Client.OpenTimeline(Rig.Direct);
        rig.Server.Answer = _ => null;
        await rig.Client.SendAsync(Rig.Direct, "mine");

        rig.Server.LoseData("e2");
        rig.Server.Append(Rig.Direct, "bob", "new 1");
        rig.Server.Answer = null;
        await rig.ReconnectAsync();

        await Until.TrueAsync(() => timeline.Messages.Select(m => m.Text).SequenceEqual(["new 1", "mine"]), "the new log is shown", () => string.Join(',', timeline.Messages));
        Assert.Empty(timeline.Outgoing);
        Assert.Equal(["new 1", "mine"], await rig.TextsAsync());
    }

    [Fact]
    public async Task Receipts_move_and_only_rise()
    {
        await using var rig = await Rig.OnlineAsync();
        using var timeline = rig.Client.OpenTimeline(Rig.Direct);
        await rig.Client.SendAsync(Rig.Direct, "one");
        await rig.Client.SendAsync(Rig.Direct, "two");
        await Until.TrueAsync(() => timeline.Messages.Count == 2, "both are sent");
        Assert.Equal(ReceiptState.Sent, timeline.ReceiptOf(timeline.Messages[0]));

        rig.Server.Current.Push(new Receipt(Rig.Direct, 2, "bob", Read: false));
        await Until.TrueAsync(() => timeline.ReceiptOf(timeline.Messages[1]) == ReceiptState.Delivered, "two is delivered");
        rig.Server.Current.Push(new Receipt(Rig.Direct, 1, "bob", Read: true));
        await Until.TrueAsync(() => timeline.ReceiptOf(timeline.Messages[0]) == ReceiptState.Read, "one is read");

        Assert.Equal(ReceiptState.Delivered, timeline.ReceiptOf(timeline.Messages[1]));
    }

    [Fact]
    public async Task In_a_group_all_others_count()
    {
        await using var rig = await Rig.OnlineAsync(server => server.Groups[Rig.Group] = "Group");
        await Until.TrueAsync(() => rig.Client.FindConversation(Rig.Group) is not null, "the group is listed");
        using var timeline = rig.Client.OpenTimeline(Rig.Group);
        await rig.Client.SendAsync(Rig.Group, "one");
        await Until.TrueAsync(() => timeline.Messages.Count == 1, "it is sent");
        await Until.TrueAsync(() => rig.Rest.Asked.Any(asked => asked.EndsWith("/receipts", StringComparison.Ordinal)), "the table is asked for");

        rig.Server.Current.Push(new Receipt(Rig.Group, 1, "bob", Read: true));
        rig.Server.Current.Push(new TypingShown(Rig.Group, "bob", true));
        await Until.TrueAsync(() => rig.Client.FindConversation(Rig.Group)!.Typing.Count == 1, "that was taken");
        Assert.Equal(ReceiptState.Sent, timeline.ReceiptOf(timeline.Messages[0]));

        rig.Server.Current.Push(new Receipt(Rig.Group, 1, "carol", Read: false));
        await Until.TrueAsync(() => timeline.ReceiptOf(timeline.Messages[0]) == ReceiptState.Delivered, "it is delivered");
    }

    [Fact]
    public async Task What_the_server_passed_over_while_the_device_was_away_is_missing_and_is_fetched()
    {
        await using var rig = await Rig.OnlineAsync();
        for (var i = 1; i <= 10; i++)
            rig.Server.Push(Rig.Direct, "bob", $"{i}");
        await rig.TakenAsync(10);

        // Revoked and signed in again, or removed and added again: the device begins at the head.
        rig.Server.Current.Close();
        for (var i = 11; i <= 15; i++)
            rig.Server.Append(Rig.Direct, "bob", $"{i}");
        rig.Server.SetCursor(Rig.Direct, 15);
        await rig.ReconnectAsync();
        rig.Server.Push(Rig.Direct, "bob", "16");
        await rig.TakenAsync(16);

        Assert.Equal([new SeqNoRange(1, 10), new SeqNoRange(16, 16)], (await rig.StoredAsync())!.Complete);
        using var timeline = rig.Client.OpenTimeline(Rig.Direct);
        await Until.TrueAsync(() => timeline.Messages.Count == 16, "all are shown");
        Assert.Equal([new SeqNoRange(1, 16)], (await rig.StoredAsync())!.Complete);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task An_ack_of_a_message_that_is_here_no_more_leaves_no_silent_hole(bool ackFirst)
    {
        await using var rig = await Rig.OnlineAsync();
        rig.Server.Push(Rig.Direct, "bob", "one");
        await rig.TakenAsync(1);
        rig.Server.Answer = send => new Refusal(ErrorCodes.Forbidden, "no", send.ClientMsgId, null);
        using var timeline = rig.Client.OpenTimeline(Rig.Direct);
        var mine = await rig.Client.SendAsync(Rig.Direct, "two");
        await Until.TrueAsync(() => timeline.Outgoing is [{ State: OutgoingState.Failed }], "it has failed");
        await rig.Client.DiscardAsync(mine.ClientMsgId);

        var stored = rig.Server.Append(Rig.Direct, Rig.Me, "two", mine.ClientMsgId);
        if (ackFirst)
        {
            rig.Server.Current.Push(FakeServer.AckOf(stored));
            // As after an ack that got lost.
            rig.Server.Current.Push(rig.Server.Current.Pushed[0]);
        }
        rig.Server.Push(Rig.Direct, "bob", "three");
        if (!ackFirst)
            rig.Server.Current.Push(FakeServer.AckOf(stored));

        await rig.AdvanceUntilAsync(() => timeline.Messages.Select(message => message.Text).SequenceEqual(["one", "two", "three"]), "all are shown");
        Assert.Equal([new SeqNoRange(1, 3)], (await rig.StoredAsync())!.Complete);
    }

    [Fact]
    public async Task An_ack_of_a_message_that_is_here_no_more_is_reason_enough_to_fetch_it()
    {
        await using var rig = await Rig.OnlineAsync();
        rig.Server.Push(Rig.Direct, "bob", "one");
        await rig.TakenAsync(1);
        using var timeline = rig.Client.OpenTimeline(Rig.Direct);

        rig.Server.Current.Push(FakeServer.AckOf(rig.Server.Append(Rig.Direct, Rig.Me, "two", "discarded")));

        await rig.AdvanceUntilAsync(() => timeline.Messages.Count == 2, "it is shown");
    }

    [Fact]
    public async Task Who_has_left_a_group_is_not_waited_for()
    {
        await using var rig = await Rig.OnlineAsync(server => server.Groups[Rig.Group] = "Group");
        await Until.TrueAsync(() => rig.Client.FindConversation(Rig.Group) is not null, "the group is listed");
        using var timeline = rig.Client.OpenTimeline(Rig.Group);
        await Until.TrueAsync(async () => (await rig.StoredAsync(Rig.Group))!.KnowsMembers, "the table is read");
        await rig.Client.SendAsync(Rig.Group, "one");
        await Until.TrueAsync(() => timeline.Messages.Count == 1, "it is sent");

        foreach (var user in new[] { "dave", "bob", "carol" })
            rig.Server.Current.Push(new Receipt(Rig.Group, user == "dave" ? 0 : 1, user, Read: false));

        await Until.TrueAsync(() => timeline.ReceiptOf(timeline.Messages[0]) == ReceiptState.Delivered, "it is delivered");
        // Or has come: the table tells.
        await Until.TrueAsync(() => Tables(rig) == 2, "the table is read again");
    }

    [Fact]
    public async Task Receipts_of_what_is_open_are_read_again_after_a_resync()
    {
        await using var rig = await Rig.OnlineAsync();
        rig.Server.Push(Rig.Direct, "bob", "one");
        await rig.TakenAsync(1);
        using var timeline = rig.Client.OpenTimeline(Rig.Direct);
        await Until.TrueAsync(() => Tables(rig) == 1, "the table is read");

        rig.Server.Drop(Rig.Direct, "bob", "two");

        await Until.TrueAsync(() => Tables(rig) == 2, "it is read again");
    }

    private static int Tables(Rig rig) => rig.Rest.Asked.Count(asked => asked.EndsWith("/receipts", StringComparison.Ordinal));
}
