using Chat.BuildingBlocks.Ids;
using Chat.Modules.Messaging.Contracts;
using Chat.Modules.Messaging.Inbox;
using Chat.Modules.Messaging.Log;
using static Chat.Modules.Messaging.Tests.Words;

namespace Chat.Modules.Messaging.Tests.Inbox;

/// <summary>What every inbox promises.</summary>
public abstract class InboxContract
{
    private static readonly ConversationId AliceAndCarol = ConversationId.Direct(Alice, Carol);
    private static readonly ConversationId BobAndCarol = ConversationId.Direct(Bob, Carol);

    private int _sent;

    protected static CancellationToken Ct => TestContext.Current.CancellationToken;

    private protected abstract IMessageLog Log { get; }

    private protected abstract IInbox Inbox { get; }

    [Fact]
    public async Task Nobody_begins_with_a_conversation() => Assert.Empty(await AllAsync(Alice));

    [Fact]
    public async Task Both_users_have_a_conversation_from_its_first_message_on_and_nobody_else()
    {
        await AppendAsync(AliceAndBob);

        Assert.Equal([(AliceAndBob, 1)], await AllAsync(Alice));
        Assert.Equal([(AliceAndBob, 1)], await AllAsync(Bob));
        Assert.Empty(await AllAsync(Carol));
    }

    [Fact]
    public async Task Groups_are_not_in_it()
    {
        await AppendAsync(Team);

        Assert.Empty(await AllAsync(Alice));
    }

    [Fact]
    public async Task The_newest_message_decides_where_a_conversation_stands_and_each_stands_once()
    {
        await AppendAsync(AliceAndBob, AliceAndCarol, BobAndCarol);
        Assert.Equal([(AliceAndCarol, 1), (AliceAndBob, 1)], await AllAsync(Alice));

        await AppendAsync(AliceAndBob, AliceAndBob);

        Assert.Equal([(AliceAndBob, 3), (AliceAndCarol, 1)], await AllAsync(Alice));
        Assert.Equal([(AliceAndBob, 3), (BobAndCarol, 1)], await AllAsync(Bob));
        Assert.Equal([(BobAndCarol, 1), (AliceAndCarol, 1)], await AllAsync(Carol));
    }

    [Fact]
    public async Task It_is_read_from_any_place_in_both_directions()
    {
        var conversations = Enumerable.Range(0, 9).Select(n => ConversationId.Direct(Alice, UserId.Parse($"user{n}"))).ToArray();
        await AppendAsync(conversations);
        var inbox = await Inbox.OpenAsync(Alice, Ct);
        var all = await inbox.DownAsync(null, 100, Ct);

        Assert.Equal(conversations.Reverse(), all.Select(entry => entry.Position.Conversation));
        Assert.Equal(all.Take(3), await inbox.DownAsync(null, 3, Ct));
        Assert.Equal(all.Skip(4).Take(2), await inbox.DownAsync(all[3].Position, 2, Ct));
        Assert.Equal(all.Take(5).Reverse(), await inbox.UpAsync(all[5].Position, Activity.Lowest, 100, Ct));
        Assert.Equal([all[4], all[3]], await inbox.UpAsync(all[5].Position, Activity.Lowest, 2, Ct));
        Assert.Equal([all[1], all[0]], await inbox.UpAsync(all[5].Position, all[2].Position.Activity, 100, Ct));
        Assert.Empty(await inbox.UpAsync(all[0].Position, Activity.Lowest, 100, Ct));
        Assert.Empty(await inbox.DownAsync(all[8].Position, 100, Ct));
    }

    private protected async Task<DirectHeads> SinceAsync(UserId user, FeedPosition? since) =>
        await (await Inbox.OpenAsync(user, Ct)).ReadSinceAsync(since, Ct);

    private protected async Task AppendAsync(params ConversationId[] conversations)
    {
        foreach (var conversation in conversations)
            await Log.AppendAsync(Draft(conversation, conversation.IsDirect ? conversation.Users.First : Alice, $"{++_sent:d8}"), Ct);
    }

    private protected async Task<IEnumerable<(ConversationId, long)>> AllAsync(UserId user) =>
        (await (await Inbox.OpenAsync(user, Ct)).DownAsync(null, int.MaxValue, Ct)).Select(entry => (entry.Position.Conversation, entry.Head.Value));
}
