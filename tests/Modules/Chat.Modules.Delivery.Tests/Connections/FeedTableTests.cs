using Chat.BuildingBlocks.Ids;
using Chat.Modules.Delivery.Connections;
using Chat.Modules.Delivery.Cursors;
using Chat.Modules.Messaging.Contracts;

namespace Chat.Modules.Delivery.Tests.Connections;

/// <summary>What a connection keeps grows with what is under way, and not with how many conversations have something for it.</summary>
public sealed class FeedTableTests
{
    private const int Many = 2_000;

    private readonly FeedTable _feeds = new();
    private readonly ConversationId[] _conversations = [.. Enumerable.Range(0, Many).Select(n => World.Direct("alice", $"user{n}"))];

    [Fact]
    public void A_conversation_of_a_drain_has_a_feed_from_when_its_turn_comes()
    {
        _feeds.Drain(List());
        Assert.Equal(0, _feeds.Count);

        var read = new List<ConversationId>();
        while (_feeds.IsBehind)
        {
            var feed = _feeds.TakeBehind()!;
            read.Add(feed.Conversation);
            Assert.False(_feeds.IsDrained);
            ReadToTheEnd(feed);
            Assert.InRange(_feeds.Count, 0, 256);
        }

        Assert.Equal(_conversations, read);
        Assert.True(_feeds.IsDrained);
    }

    [Fact]
    public void One_that_has_news_before_its_turn_is_drained_with_them()
    {
        _feeds.Drain(List());

        var early = _feeds.Get(_conversations[^1]);

        Assert.Equal(new SeqNo(1), early.DrainsTo);
        Assert.Same(early, _feeds.TakeBehind());
        ReadToTheEnd(early);
        var reads = 0;
        for (; _feeds.IsBehind; reads++)
            ReadToTheEnd(_feeds.TakeBehind()!);
        Assert.Equal(Many - 1, reads);
    }

    [Fact]
    public void What_is_owed_or_in_flight_is_never_forgotten_and_what_is_idle_is_beyond_a_number()
    {
        var (owed, inFlight) = (_conversations[0], _conversations[1]);
        _feeds.QueueToRead(_feeds.Get(owed));
        _feeds.Begin(_feeds.Get(inFlight), CursorIn(inFlight), SeqNo.None);
        _feeds.Push(_feeds.Get(inFlight), MessageIn(inFlight), 0, TimeSpan.Zero);
        foreach (var conversation in _conversations[2..])
            _feeds.Begin(_feeds.Get(conversation), CursorIn(conversation), SeqNo.None);

        Assert.InRange(_feeds.Count, 250, 260);
        Assert.True(_feeds.TryFind(owed, out _));
        Assert.True(_feeds.TryFind(inFlight, out var feed));

        Assert.True(_feeds.Ack(feed, new SeqNo(1), []));
        foreach (var conversation in _conversations[2..])
            _feeds.Begin(_feeds.Get(conversation), CursorIn(conversation), SeqNo.None);
        Assert.False(_feeds.TryFind(inFlight, out _));
    }

    [Fact]
    public void After_a_resync_only_those_are_kept_that_have_acks_to_ignore()
    {
        foreach (var conversation in _conversations)
        {
            _feeds.Begin(_feeds.Get(conversation), CursorIn(conversation), SeqNo.None);
            _feeds.Push(_feeds.Get(conversation), MessageIn(conversation), 0, TimeSpan.Zero);
        }
        Assert.Equal(Many, _feeds.Unacked);
        Assert.Equal(Many, _feeds.Unacknowledged.Count);

        for (var round = 0; round < 2; round++)
            _feeds.RollBack(new Dictionary<ConversationId, SeqNo> { [_conversations[7]] = new SeqNo(1) });

        Assert.Equal((1, 0), (_feeds.Count, _feeds.Unacked));
        Assert.Empty(_feeds.Unacknowledged);
        Assert.True(_feeds.TryFind(_conversations[7], out var dropped));
        Assert.False(_feeds.Ack(dropped, new SeqNo(1), []));
    }

    private static Cursor CursorIn(ConversationId conversation) =>
        new(new CursorKey(UserId.Parse("alice"), DeviceId.Parse("phone"), conversation), default, _ => { });

    private static LoggedMessage MessageIn(ConversationId conversation) => new(
        MessageId.New(DateTimeOffset.UnixEpoch), conversation, new SeqNo(1), World.Device("bob"), "1", "hello", null, DateTimeOffset.UnixEpoch);

    private DrainList List()
    {
        var list = new DrainList();
        foreach (var conversation in _conversations)
            list.Add(conversation, new DrainSpan(SeqNo.None, new SeqNo(1)));
        return list;
    }

    private void ReadToTheEnd(ConversationFeed feed)
    {
        _feeds.Begin(feed, CursorIn(feed.Conversation), SeqNo.None);
        _feeds.Push(feed, MessageIn(feed.Conversation), 0, TimeSpan.Zero);
        Assert.True(_feeds.Ack(feed, new SeqNo(1), []));
    }
}
