using Chat.BuildingBlocks.Ids;
using Chat.Modules.Delivery.Connections;
using Chat.Modules.Delivery.Contracts;
using Chat.Modules.Presence.Contracts;

namespace Chat.Modules.Delivery.Tests.Connections;

public sealed class SendQueueTests
{
    private static readonly ConversationId Here = World.Direct("alice", "bob");

    private readonly SendQueue _sendQueue = new(maxEvents: 4, maxBytes: 4_096, maxAnswers: 3, maxAnswerBytes: 1_000);

    [Fact]
    public void Events_and_answers_leave_in_the_order_they_came()
    {
        _sendQueue.Add(new News(1));
        _sendQueue.AddAnswer(new Reply(2));
        _sendQueue.Add(new News(3));

        Assert.Equal([1, 2, 3], Take().Select(item => item is News news ? news.Number : ((Reply)item).Number));
    }

    [Fact]
    public void Events_fill_it_by_number_and_by_size_and_answers_do_not()
    {
        _sendQueue.AddAnswer(new Reply(size: 10_000));
        Assert.True(_sendQueue.HasRoom);

        for (var i = 0; i < 4; i++)
            _sendQueue.Add(new News());

        Assert.False(_sendQueue.HasRoom);
        Take();
        Assert.True(_sendQueue.HasRoom);
    }

    [Fact]
    public void Answers_fill_a_room_of_their_own_by_number_and_by_size_and_a_large_one_comes_in_alone()
    {
        Assert.True(_sendQueue.HasRoomFor(new Reply(size: 10_000)));
        _sendQueue.AddAnswer(new Reply(size: 600));
        Assert.False(_sendQueue.HasRoomFor(new Reply(size: 10_000)));
        Assert.False(_sendQueue.HasRoomFor(new Reply(size: 401)));
        Assert.True(_sendQueue.HasRoomFor(new Reply(size: 400)));

        _sendQueue.AddAnswer(new Reply(size: 1));
        _sendQueue.AddAnswer(new Reply(size: 1));

        Assert.False(_sendQueue.HasRoomFor(new Reply(size: 1)));
        Take();
        Assert.True(_sendQueue.HasRoomFor(new Reply(size: 10_000)));
    }

    [Fact]
    public void Of_events_that_say_the_same_the_later_takes_the_place_of_the_one_that_waits()
    {
        _sendQueue.Add(Presence(online: true));
        _sendQueue.Add(new News());
        _sendQueue.Add(Presence(online: false));

        var taken = Take();

        Assert.Equal(2, taken.Count);
        Assert.False(Assert.IsType<PresenceEvent>(taken[0]).State.Online);
    }

    [Fact]
    public void A_receipt_or_hint_told_late_does_not_take_the_place_of_one_further_on()
    {
        _sendQueue.Add(Receipt(8));
        _sendQueue.Add(Receipt(5));
        _sendQueue.Add(new AdvancedEvent(Here, new SeqNo(8)));
        _sendQueue.Add(new AdvancedEvent(Here, new SeqNo(5)));

        var taken = Take();

        Assert.Equal(8, Assert.Single(taken.OfType<ReceiptEvent>()).SeqNo.Value);
        Assert.Equal(8, Assert.Single(taken.OfType<AdvancedEvent>()).MaxSeqNo.Value);
    }

    [Fact]
    public void An_answer_that_says_what_an_event_may_say_stays_itself()
    {
        _sendQueue.AddAnswer(Presence(online: true));
        Assert.True(((PresenceEvent)Assert.Single(Take())).State.Online);

        _sendQueue.AddAnswer(Presence(online: true));
        _sendQueue.Add(Presence(online: true));
        _sendQueue.Add(Presence(online: false));

        Assert.Equal([true, false], Take().Cast<PresenceEvent>().Select(item => item.State.Online));
    }

    [Fact]
    public void Dropping_takes_the_events_and_leaves_the_answers()
    {
        _sendQueue.Add(Receipt(1));
        _sendQueue.AddAnswer(new Reply());
        _sendQueue.Add(new News());

        Assert.Equal(2, _sendQueue.DropEvents().Count);

        Assert.True(_sendQueue.HasRoom);
        _sendQueue.Add(Receipt(2));
        Assert.Equal([typeof(Reply), typeof(ReceiptEvent)], Take().Select(item => item.GetType()));
    }

    private static ReceiptEvent Receipt(long seqNo) =>
        new(Here, default, new SeqNo(seqNo), UserId.Parse("bob"), AckStatus.Delivered);

    private static PresenceEvent Presence(bool online) => new(new PresenceState(UserId.Parse("bob"), online, null));

    private List<ServerEvent> Take()
    {
        var batch = new List<ServerEvent>();
        _sendQueue.TakeBatch(batch);
        return batch;
    }
}
