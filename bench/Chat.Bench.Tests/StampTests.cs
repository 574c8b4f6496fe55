using System.Text;
using Chat.Bench.Wire;

namespace Chat.Bench.Tests;

public sealed class StampTests
{
    [Theory]
    [InlineData(0, 0, 1)]
    [InlineData(long.MaxValue, int.MaxValue, int.MaxValue)]
    public void A_stamp_is_read_as_it_was_written(long dueAt, int index, int run)
    {
        var stamp = new Stamp(dueAt, index, run);
        var text = new byte[Stamp.Length + 10];

        stamp.Write(text);

        Assert.True(Stamp.TryRead(text, out var read));
        Assert.Equal(stamp, read);
    }

    [Theory]
    [InlineData("")]
    [InlineData("hello")]
    [InlineData("a text of some other client, long enough for a stamp")]
    public void A_text_without_a_stamp_is_told_apart(string text) => Assert.False(Stamp.TryRead(Encoding.UTF8.GetBytes(text), out _));
}
