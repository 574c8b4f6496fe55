using Chat.BuildingBlocks.Ids;
using Chat.Modules.Messaging.Contracts;
using Chat.Modules.Messaging.Log;
using static Chat.Modules.Messaging.Tests.Words;

namespace Chat.Modules.Messaging.Tests.Log;

/// <summary>Where one read of a log ends.</summary>
public abstract partial class MessageLogContract
{
    [Fact]
    public async Task A_read_ends_before_its_size_in_bytes_and_has_one_message_at_least()
    {
        string[] texts = [new('a', 100), new('\u0001', 16_384), new('b', 100), new('c', 16_384), new('d', 16_384), new('e', 100)];
        for (var n = 0; n < texts.Length; n++)
            await AppendAsync(AliceAndBob, Alice, $"{n}", texts[n]);

        Assert.Equal("1", await UpAsync(0, 50_000));
        Assert.Equal("2", await UpAsync(1, 50_000)); // about 98,700 bytes
        Assert.Equal("3 4 5", await UpAsync(2, 34_000));
        Assert.Equal("3 4 5 6", await UpAsync(2, 50_000));
        Assert.Equal("3 4", await UpAsync(2, 50_000, messages: 2));
        Assert.Equal("3", await UpAsync(2, 1));
        Assert.Equal("3 4 5 6", await DownAsync(7, 50_000));
        Assert.Equal("5 6", await DownAsync(7, 34_000 - 16_384));
        Assert.Equal("2", await DownAsync(3, 1));
        Assert.Equal("1", await DownAsync(2, 1));

        async Task<string> UpAsync(long after, int bytes, int messages = 200) =>
            Shown(await Log.ReadAfterAsync(AliceAndBob, new SeqNo(after), new ReadLimit(messages, bytes), Ct));

        async Task<string> DownAsync(long before, int bytes) =>
            Shown(await Log.ReadBeforeAsync(AliceAndBob, new SeqNo(before), new ReadLimit(200, bytes), Ct));
    }

    [Fact]
    public async Task Many_short_messages_are_one_read_within_their_size_in_bytes()
    {
        await Task.WhenAll(Enumerable.Range(0, 230).Select(n => AppendAsync(AliceAndBob, Alice, $"{n}")));

        var up = await Log.ReadAfterAsync(AliceAndBob, new SeqNo(10), new ReadLimit(200, 262_144), Ct);
        var down = await Log.ReadBeforeAsync(AliceAndBob, new SeqNo(221), new ReadLimit(200, 262_144), Ct);

        Assert.Equal(string.Join(' ', Enumerable.Range(11, 200)), Shown(up));
        Assert.Equal(string.Join(' ', Enumerable.Range(21, 200)), Shown(down));
    }

    [Fact]
    public async Task Heads_and_newest_messages_of_many_conversations_are_read_together()
    {
        var written = Enumerable.Range(0, 230).Select(n => ConversationId.Direct(Alice, UserId.Parse($"user{n:d3}"))).Append(Team).ToList();
        var expected = new Dictionary<ConversationId, LoggedMessage>();
        await Task.WhenAll(written.Select(conversation => AppendAsync(conversation, Alice, $"first {conversation}")));
        foreach (var message in (await Task.WhenAll(written.Select(conversation => AppendAsync(conversation, Alice, $"{conversation}", $"to {conversation}")))).Select(append => append.Message))
            expected[message.Conversation] = message;
        await Log.EraseContentAsync(Team, new SeqNo(2), Ct);
        expected[Team] = expected[Team] with { Content = MessageContent.Erased };
        ConversationId[] asked = [AliceAndBob, .. written, ConversationId.NewGroup(), written[7]];

        var newest = await Log.ReadNewestAsync(asked, Ct);
        var heads = await Log.GetHeadsAsync(asked, Ct);

        Assert.Equal(asked.Select(conversation => expected.GetValueOrDefault(conversation)), newest);
        Assert.Equal(newest.Select(message => message is null ? default(Head?) : new Head(message.SeqNo, Activity.Of(message.Id))), heads);
        Assert.Empty(await Log.GetHeadsAsync([], Ct));
    }

    private static string Shown(IEnumerable<LoggedMessage> messages) => string.Join(' ', messages.Select(message => message.SeqNo));
}
