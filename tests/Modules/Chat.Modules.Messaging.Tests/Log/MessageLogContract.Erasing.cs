using Chat.BuildingBlocks.Ids;
using Chat.Modules.Messaging.Contracts;
using Chat.Modules.Messaging.Log;
using static Chat.Modules.Messaging.Tests.Words;

namespace Chat.Modules.Messaging.Tests.Log;

/// <summary>A content goes, its place stays.</summary>
public abstract partial class MessageLogContract
{
    [Theory]
    [InlineData("newest", 5)]
    [InlineData("oldest", 1)]
    [InlineData("one between", 3)]
    [InlineData("all", 1, 2, 3, 4, 5)]
    public async Task Erasing_moves_no_place_changes_no_answer_and_lasts(string which, params int[] seqNos)
    {
        var stored = new List<LoggedMessage>();
        for (var n = 1; n <= 5; n++)
            stored.Add((await AppendAsync(AliceAndBob, n % 2 == 0 ? Bob : Alice, $"{n}", $"secret {n}")).Message);
        var beside = (await AppendAsync(Team, Alice, "beside")).Message;
        var epoch = Log.Epoch;

        foreach (var seqNo in seqNos)
            await Log.EraseContentAsync(AliceAndBob, new SeqNo(seqNo), Ct);

        var expected = stored.Select(message => seqNos.Contains((int)message.SeqNo.Value) ? message with { Content = MessageContent.Erased } : message).ToList();
        await AssertLogIsAsync(expected, which);
        await ReopenAsync();
        await AssertLogIsAsync(expected, which);
        Assert.Equal(epoch, Log.Epoch);
        Assert.Equal([beside], await ReadAllAsync(Team));

        // A retry's text puts nothing back, and the next message goes behind them.
        foreach (var message in expected)
        {
            var retry = await AppendAsync(message.Conversation, message.Sender.User, message.ClientMsgId, "secret again");
            Assert.Equal((message, true), (retry.Message, retry.Duplicate));
        }
        var next = await AppendAsync(AliceAndBob, Alice, "next");
        Assert.Equal((6, 5, false), (next.Message.SeqNo.Value, next.Previous.Value, next.Duplicate));
        Assert.Equal([.. expected, next.Message], await ReadAllAsync(AliceAndBob));
    }

    [Fact]
    public async Task Erasing_twice_or_what_is_not_there_does_nothing()
    {
        await Log.EraseContentAsync(AliceAndBob, new SeqNo(1), Ct);
        var message = (await AppendAsync(AliceAndBob, Alice, "1")).Message;
        foreach (var seqNo in new[] { 0, 2, 5_000 })
            await Log.EraseContentAsync(AliceAndBob, new SeqNo(seqNo), Ct);
        Assert.Equal([message], await ReadAllAsync(AliceAndBob));

        await Log.EraseContentAsync(AliceAndBob, new SeqNo(1), Ct);
        await Log.EraseContentAsync(AliceAndBob, new SeqNo(1), Ct);

        Assert.Equal([message with { Content = MessageContent.Erased }], await ReadAllAsync(AliceAndBob));
        Assert.Equal(2, (await AppendAsync(AliceAndBob, Alice, "2")).Message.SeqNo.Value);
    }

    [Fact]
    public async Task An_answer_and_what_a_newer_server_says_are_erased_with_the_text()
    {
        var first = (await AppendAsync(AliceAndBob, Alice, "1")).Message;
        MessageContent[] contents = [MessageContent.Of("secret", first.Id), MessageContent.Of("secret") with { Unknown = new byte[] { 0x20, 1 } }];
        foreach (var content in contents)
        {
            var draft = Draft(AliceAndBob, Bob, $"{content.Unknown.Length}") with { Content = content };
            await Log.EraseContentAsync(AliceAndBob, (await Log.AppendAsync(draft, Ct)).Message.SeqNo, Ct);
        }

        Assert.Equal([first.Content, MessageContent.Erased, MessageContent.Erased], (await ReadAllAsync(AliceAndBob)).Select(message => message.Content));
    }

    [Theory]
    [InlineData(false, 3)]
    [InlineData(true, 3)]
    public async Task What_was_erased_is_not_unread_and_takes_no_room_of_the_count(bool reopened, int limit)
    {
        for (var n = 1; n <= 9; n++)
            await AppendAsync(AliceAndBob, n % 3 == 0 ? Alice : Bob, $"{n}");
        foreach (var seqNo in new[] { 1, 3, 4, 8 })
            await Log.EraseContentAsync(AliceAndBob, new SeqNo(seqNo), Ct);
        if (reopened)
            await ReopenAsync();

        Assert.Equal(new OthersCount(3, IsAll: true), await CountAsync(after: 0, upTo: 9));
        Assert.Equal(new OthersCount(2, IsAll: true), await CountAsync(after: 2, upTo: 9));
        Assert.Equal(new OthersCount(0, IsAll: true), await CountAsync(after: 7, upTo: 9));

        async Task<OthersCount> CountAsync(long after, long upTo) =>
            await Log.CountOthersAsync(AliceAndBob, Alice, new SeqNo(after), new SeqNo(upTo), limit, Ct);
    }

    [Fact]
    public async Task Whoever_has_written_has_written_though_it_was_erased()
    {
        await AppendAsync(AliceAndBob, Bob, "1");
        await Log.EraseContentAsync(AliceAndBob, new SeqNo(1), Ct);
        var handler = new HasWrittenHandler(Log);

        Assert.True(await handler.Handle(new HasWritten(Bob, AliceAndBob), Ct));
        Assert.False(await handler.Handle(new HasWritten(Alice, AliceAndBob), Ct));
    }

    private async Task AssertLogIsAsync(List<LoggedMessage> expected, string which)
    {
        Assert.Equal(expected, await ReadAllAsync(AliceAndBob));
        Assert.Equal(expected, await Log.ReadBeforeAsync(AliceAndBob, new SeqNo(SeqNo.MaxValue), 10, Ct));
        Assert.True(expected[^1].SeqNo == await Log.GetHeadAsync(AliceAndBob, Ct), which);
        Assert.Equal(
            expected.Count(message => message.Sender.User == Bob && message.Content != MessageContent.Erased),
            (await Log.CountOthersAsync(AliceAndBob, Alice, SeqNo.None, new SeqNo(5), 10, Ct)).Count);
        Assert.Equal([AliceAndBob], await Log.GetDirectConversationsAsync(Bob, Ct));
        Assert.Equal(1, await Log.CountDirectsBegunAsync(Alice, 10, Ct));
        foreach (var message in expected)
        {
            Assert.Equal(message, await Log.FindAttemptAsync(message.Sender.User, message.ClientMsgId, Ct));
            Assert.Equal(new MessageLocation(AliceAndBob, message.SeqNo), await Log.FindAsync(message.Id, Ct));
        }
    }
}
