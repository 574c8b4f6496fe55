using Microsoft.Extensions.Time.Testing;

namespace Chat.Client.Tests.Connection;

/// <summary>Gathered for 100 ms, and not beyond 32 messages.</summary>
public sealed class DelayedAcksTests : IDisposable
{
    private readonly FakeTimeProvider _clock = new();
    private readonly List<IClientFrame> _said = [];
    private readonly DelayedAcks _acks;

    public DelayedAcksTests() => _acks = new DelayedAcks(_said.Add, _clock);

    [Fact]
    public void The_first_of_a_conversation_goes_at_once_and_what_follows_close_upon_it_together()
    {
        _acks.Add("dm:alice:bob", 1, 1);
        _acks.Add("dm:alice:bob", 2, 1);
        _acks.Add("dm:alice:carol", 1, 1);
        _acks.Add("dm:alice:bob", 3, 1);
        Assert.Equal([Ack("dm:alice:bob", 1), Ack("dm:alice:carol", 1)], _said);

        Pass(100);
        Assert.Equal([Ack("dm:alice:bob", 3)], _said[2..]);
        _acks.Add("dm:alice:bob", 4, 1);
        Pass(99);
        Assert.Equal(3, _said.Count);
        Pass(1);
        Assert.Equal([Ack("dm:alice:bob", 4)], _said[3..]);
    }

    [Fact]
    public void After_a_silence_the_next_one_is_a_first_again()
    {
        _acks.Add("dm:alice:bob", 1, 1);
        Pass(200);
        _acks.Add("dm:alice:bob", 2, 1);

        Assert.Equal([Ack("dm:alice:bob", 1), Ack("dm:alice:bob", 2)], _said);
    }

    [Fact]
    public void They_do_not_wait_until_the_server_has_nothing_left_to_push()
    {
        _acks.Add("dm:alice:bob", 1, 1);
        _acks.Add("dm:alice:carol", 1, 1);
        for (var seqNo = 2; seqNo <= 17; seqNo++)
        {
            _acks.Add("dm:alice:bob", seqNo, 1);
            _acks.Add("dm:alice:carol", seqNo, 1);
        }

        Assert.Equal([Ack("dm:alice:bob", 17), Ack("dm:alice:carol", 17)], _said[2..]);
    }

    [Fact]
    public void A_place_that_comes_again_takes_nothing_back()
    {
        _acks.Add("dm:alice:bob", 1, 1);
        _acks.Add("dm:alice:bob", 9, 8);
        _acks.Add("dm:alice:bob", 5, 1);
        Pass(100);

        Assert.Equal([Ack("dm:alice:bob", 1), Ack("dm:alice:bob", 9)], _said);
    }

    [Fact]
    public void What_waits_is_said_at_the_end_and_nothing_after_it()
    {
        _acks.Add("dm:alice:bob", 1, 1);
        _acks.Add("dm:alice:bob", 2, 1);
        _acks.Dispose();
        _acks.Add("dm:alice:bob", 3, 1);
        Pass(100);

        Assert.Equal([Ack("dm:alice:bob", 1), Ack("dm:alice:bob", 2)], _said);
    }

    public void Dispose() => _acks.Dispose();

    private static AckFrame Ack(string conversation, long seqNo) => new(conversation, seqNo, AckStatus.Delivered);

    private void Pass(int ms) => _clock.Advance(TimeSpan.FromMilliseconds(ms));
}
