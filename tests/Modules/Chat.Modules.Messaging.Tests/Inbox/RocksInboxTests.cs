using Chat.BuildingBlocks.Ids;
using Chat.Modules.Messaging.Contracts;
using Chat.Modules.Messaging.Conversations;
using Chat.Modules.Messaging.Inbox;
using Chat.Modules.Messaging.Log;
using Chat.Modules.Messaging.Tests.Log;
using static Chat.Modules.Messaging.Tests.Words;

namespace Chat.Modules.Messaging.Tests.Inbox;

public sealed class RocksInboxTests : InboxContract, IDisposable
{
    private readonly TemporaryLog _log = new();
    private RocksInbox? _inbox;

    private protected override IMessageLog Log => _log.Log;

    private protected override IInbox Inbox => Opened;

    private RocksInbox Opened => _inbox ??= RocksInboxes.Open(_log.Log);

    public void Dispose()
    {
        Close();
        _log.Dispose();
    }

    [Fact]
    public async Task A_log_from_before_the_inbox_has_one_when_its_users_come()
    {
        await AppendAsync(AliceAndBob, AliceAndBob);

        Assert.Equal([(AliceAndBob, 2)], await AllAsync(Alice));
        await AppendAsync(AliceAndBob);
        Opened.Flush();
        Assert.Equal([(AliceAndBob, 3)], await AllAsync(Bob));
    }

    [Fact]
    public async Task A_new_conversation_is_there_for_both_though_one_comes_before_it_is_stored()
    {
        Assert.Empty(await AllAsync(Bob));
        await AppendAsync(AliceAndBob);
        await AllAsync(Alice);

        Opened.Flush();

        Assert.Equal([(AliceAndBob, 1)], await AllAsync(Bob));
        Assert.Equal([(AliceAndBob, 1)], await AllAsync(Alice));
    }

    [Fact]
    public async Task What_was_appended_since_it_was_stored_is_there_after_a_crash()
    {
        _ = Opened;
        await AppendAsync(AliceAndBob);
        await AllAsync(Alice);
        Opened.Flush();
        await AppendAsync(AliceAndBob);

        Close();

        Assert.Equal([(AliceAndBob, 2)], await AllAsync(Alice));
        Assert.Equal([(AliceAndBob, 2)], await AllAsync(Bob));
    }

    [Fact]
    public async Task A_reader_asks_for_what_has_changed_since_it_looked_last()
    {
        await AppendAsync(AliceAndBob, ConversationId.Direct(Alice, Carol));
        var before = (await SinceAsync(Alice, null)).UpTo;
        await AppendAsync(AliceAndBob);

        foreach (var isStored in new[] { false, true })
        {
            if (isStored)
                Opened.Flush();
            var changed = await SinceAsync(Alice, before);

            Assert.Equal([AliceAndBob], changed.Heads.Select(head => head.Conversation));
            Assert.Empty((await SinceAsync(Alice, changed.UpTo)).Heads);
            Assert.Equal(2, (await SinceAsync(Alice, new FeedPosition("another", changed.UpTo!.Value.Value))).Heads.Count);
        }
    }

    [Fact]
    public async Task One_that_is_dropped_while_it_is_read_is_read_from_the_log()
    {
        await AppendAsync(AliceAndBob);
        await AllAsync(Alice);
        Opened.Flush();
        var inbox = await Inbox.OpenAsync(Alice, Ct);

        Opened.Forget();

        Assert.Equal(AliceAndBob, Assert.Single(await inbox.DownAsync(null, 10, Ct)).Position.Conversation);
    }

    [Fact]
    public async Task A_conversation_that_moves_while_it_is_read_is_not_missed()
    {
        var other = ConversationId.Direct(Alice, Carol);
        await AppendAsync(AliceAndBob, other);
        await AllAsync(Alice);
        var inbox = await Inbox.OpenAsync(Alice, Ct);
        var opened = new Activity((await inbox.ReadSinceAsync(null, Ct)).UpTo!.Value.Value);
        await AppendAsync(AliceAndBob);
        Opened.Flush();

        Assert.Equal(
            [AliceAndBob, other],
            (await inbox.DownAsync(null, 10, Ct)).Concat(await inbox.UpAsync(new ListPosition(opened, AliceAndBob), opened, 10, Ct))
                .Select(entry => entry.Position.Conversation).Distinct().OrderBy(conversation => conversation.Value, StringComparer.Ordinal));
    }

    // As a crash: what is in memory is gone.
    private void Close()
    {
        _inbox?.Dispose();
        _inbox = null;
        _log.Close();
    }
}
