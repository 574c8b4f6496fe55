using Chat.BuildingBlocks.Ids;
using Chat.Modules.Delivery.Connections;
using Chat.Modules.Delivery.Cursors;
using Chat.Modules.Messaging.Contracts;
using Microsoft.Extensions.Time.Testing;

namespace Chat.Modules.Delivery.Tests.Connections;

/// <summary>What a connection keeps grows with what is under way, and not with how many conversations have something for it.</summary>
public sealed class SendWindowTests
{
    private const int Many = 2_000;

    private static readonly DeliveryOptions Options = new() { UnackedWindow = 64, ResendAfterMs = 5_000, ResendAtMostEveryMs = 20_000 };

    private readonly FakeTimeProvider _clock = new();
    private readonly SendWindow _window;
    private readonly ConversationId[] _conversations = [.. Enumerable.Range(0, Many).Select(n => World.Direct("alice", $"user{n}"))];

    public SendWindowTests() => _window = new SendWindow(Options, _clock);

    [Fact]
    public void A_conversation_of_a_drain_has_a_window_when_its_turn_comes()
    {
        _window.Drain(List());
        Assert.Equal(0, _window.Count);

        var read = new List<ConversationId>();
        while (_window.HasToRead)
        {
            var window = _window.TakeToRead()!;
            read.Add(window.Conversation);
            Assert.False(_window.IsDrained);
            ReadToTheEnd(window);
            Assert.InRange(_window.Count, 0, 256);
        }

        Assert.Equal(_conversations, read);
        Assert.True(_window.IsDrained);
    }

    [Fact]
    public void One_that_has_news_before_its_turn_is_drained_with_them()
    {
        _window.Drain(List());

        var early = _window.Get(_conversations[^1]);

        Assert.Equal(new SeqNo(1), early.DrainsTo);
        Assert.Same(early, _window.TakeToRead());
        ReadToTheEnd(early);
        var reads = 0;
        for (; _window.HasToRead; reads++)
            ReadToTheEnd(_window.TakeToRead()!);
        Assert.Equal(Many - 1, reads);
    }

    [Fact]
    public void Unpushed_and_unacked_conversations_are_never_dropped_and_idle_ones_are_beyond_a_number()
    {
        var (unpushed, inFlight) = (_conversations[0], _conversations[1]);
        _window.QueueToRead(_window.Get(unpushed));
        _window.Load(_window.Get(inFlight), CursorIn(inFlight), SeqNo.None);
        _window.Push(_window.Get(inFlight), MessageIn(inFlight));
        foreach (var conversation in _conversations[2..])
            _window.Load(_window.Get(conversation), CursorIn(conversation), SeqNo.None);

        Assert.InRange(_window.Count, 250, 260);
        Assert.True(_window.TryFind(unpushed, out _));
        Assert.True(_window.TryFind(inFlight, out var window));

        Assert.True(_window.Ack(window, new SeqNo(1), []));
        foreach (var conversation in _conversations[2..])
            _window.Load(_window.Get(conversation), CursorIn(conversation), SeqNo.None);
        Assert.False(_window.TryFind(inFlight, out _));
    }

    [Fact]
    public void After_a_resync_only_those_are_kept_that_have_acks_to_ignore()
    {
        foreach (var conversation in _conversations)
        {
            _window.Load(_window.Get(conversation), CursorIn(conversation), SeqNo.None);
            _window.Push(_window.Get(conversation), MessageIn(conversation));
        }
        Assert.Equal(Many, _window.Unacked);
        _clock.Advance(TimeSpan.FromSeconds(5));
        _window.QueueOverdue();
        Assert.True(_window.HasOverdue);

        for (var round = 0; round < 2; round++)
            _window.RollBack(new Dictionary<ConversationId, SeqNo> { [_conversations[7]] = new SeqNo(1) });

        Assert.Equal((1, 0), (_window.Count, _window.Unacked));
        Assert.False(_window.HasOverdue);
        Assert.True(_window.TryFind(_conversations[7], out var dropped));
        Assert.False(_window.Ack(dropped, new SeqNo(1), []));
    }

    [Fact]
    public void It_is_full_at_its_limit_and_an_ack_makes_room()
    {
        var window = Loaded(_conversations[0]);
        for (var seqNo = 1; seqNo <= 64; seqNo++)
            _window.Push(window, MessageIn(_conversations[0], seqNo));
        Assert.True(_window.IsFull);

        var acked = new List<InFlightMessage>();
        Assert.True(_window.Ack(window, new SeqNo(10), acked));

        Assert.Equal(Enumerable.Range(1, 10).Select(seqNo => (long)seqNo), acked.Select(message => message.SeqNo.Value));
        Assert.Equal((false, 10, 54), (_window.IsFull, _window.Room, _window.Unacked));
    }

    [Fact]
    public void Only_what_was_not_acked_in_time_is_overdue_and_again_after_twice_the_pause()
    {
        var window = Loaded(_conversations[0]);
        _window.Push(window, MessageIn(_conversations[0], 1));
        _window.Push(window, MessageIn(_conversations[0], 2));
        _clock.Advance(TimeSpan.FromSeconds(3));
        _window.Push(window, MessageIn(_conversations[0], 3));
        _window.Ack(window, new SeqNo(1), []);

        Assert.Null(OverdueAfter(1));
        Assert.Equal(new OverdueMessages(window, new SeqNo(2), new SeqNo(2)), OverdueAfter(1));
        Assert.Equal(new OverdueMessages(window, new SeqNo(3), new SeqNo(3)), OverdueAfter(3));
        Assert.Null(OverdueAfter(6));
        Assert.Equal(new OverdueMessages(window, new SeqNo(2), new SeqNo(3)), OverdueAfter(4));
    }

    [Fact]
    public void A_removed_conversation_makes_room_and_its_old_window_is_not_used_any_more()
    {
        var window = Loaded(_conversations[0]);
        _window.Push(window, MessageIn(_conversations[0]));
        _window.QueueToRead(window);

        _window.Remove(_conversations[0]);

        Assert.Equal((0, 0), (_window.Count, _window.Unacked));
        Assert.False(_window.Has(window));
        Assert.Null(_window.TakeToRead());
        Assert.NotSame(window, _window.Get(_conversations[0]));
    }

    private ConversationWindow Loaded(ConversationId conversation)
    {
        var window = _window.Get(conversation);
        _window.Load(window, CursorIn(conversation), SeqNo.None);
        return window;
    }

    private OverdueMessages? OverdueAfter(int seconds)
    {
        _clock.Advance(TimeSpan.FromSeconds(seconds));
        _window.QueueOverdue();
        return _window.TryTakeOverdue(out var overdue) ? overdue : null;
    }

    private static Cursor CursorIn(ConversationId conversation) =>
        new(new CursorKey(UserId.Parse("alice"), DeviceId.Parse("phone"), conversation), default, _ => { });

    private static LoggedMessage MessageIn(ConversationId conversation, long seqNo = 1) => new(
        MessageId.New(DateTimeOffset.UnixEpoch), conversation, new SeqNo(seqNo), World.Device("bob"), "1", MessageContent.Of("hello"), DateTimeOffset.UnixEpoch);

    private DrainList List()
    {
        var list = new DrainList();
        foreach (var conversation in _conversations)
            list.Add(conversation, new DrainSpan(SeqNo.None, new SeqNo(1)));
        return list;
    }

    private void ReadToTheEnd(ConversationWindow window)
    {
        _window.Load(window, CursorIn(window.Conversation), SeqNo.None);
        _window.Push(window, MessageIn(window.Conversation));
        Assert.True(_window.Ack(window, new SeqNo(1), []));
        _window.EndRead(window);
    }
}
