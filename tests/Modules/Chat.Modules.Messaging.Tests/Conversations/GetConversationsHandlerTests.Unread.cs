using Chat.BuildingBlocks.Ids;
using Chat.Modules.Delivery.Contracts;
using Chat.Modules.Groups.Contracts;
using Chat.Modules.Messaging.Contracts;
using Chat.Modules.Messaging.Conversations;
using Chat.Modules.Messaging.Tests.Changes;
using static Chat.Modules.Messaging.Tests.Words;

namespace Chat.Modules.Messaging.Tests.Conversations;

/// <summary>What is not read, counted as in the list.</summary>
public abstract partial class GetConversationsHandlerTests
{
    [Fact]
    public async Task The_conversations_that_are_not_read_are_those_of_the_list()
    {
        var group = ConversationId.NewGroup();
        _groups.Add(new JoinedGroup(group, "team", 3, new Membership(SeqNo.None, SeqNo.None), Now));
        await AppendAsync(AliceAndBob, Bob, Now);
        await AppendAsync(AliceAndBob, Bob, Now);
        await AppendAsync(AliceAndCarol, Carol, Now);
        await AppendAsync(group, Alice, Now);
        _cursors[AliceAndCarol] = new Cursors(new SeqNo(1), new SeqNo(1));

        var counts = await CountAsync(AliceAndBob);

        var list = (await GetAsync()).Conversations;
        Assert.Equal(list.Count(conversation => conversation.UnreadCount > 0), counts.Conversations);
        Assert.Equal(list.Single(conversation => conversation.Id == AliceAndBob).UnreadCount, counts.Messages);
        Assert.Equal((2, 1), (counts.Messages, counts.Conversations));
        Assert.Equal(0, (await CountAsync(AliceAndCarol)).Messages);
        Assert.Equal(0, (await CountAsync(group)).Messages);
    }

    [Fact]
    public async Task Notices_are_neither_unread_nor_the_last_message()
    {
        var (quiet, team) = (Join(ConversationId.NewGroup()), Join(ConversationId.NewGroup()));
        await TellAsync(quiet, Bob);
        await TellAsync(team, Bob);
        var message = await AppendAsync(team, Bob);
        await TellAsync(team, Carol);

        var list = (await GetAsync()).Conversations.ToDictionary(conversation => conversation.Id);

        Assert.Equal((0, null, new SeqNo(1)), (list[quiet].UnreadCount, list[quiet].LastMessage, list[quiet].MaxSeqNo));
        Assert.Equal((1, message, new SeqNo(3)), (list[team].UnreadCount, list[team].LastMessage, list[team].MaxSeqNo));
        Assert.Equal((0, 1), ((await CountAsync(quiet)).Messages, (await CountAsync(team)).Messages));
    }

    [Fact]
    public async Task Unread_conversations_are_counted_up_to_a_limit()
    {
        for (var n = 0; n < UnreadCounts.MaxConversations + 5; n++)
            await AppendAsync(ConversationId.Direct(Alice, UserId.Parse($"user{n}")), UserId.Parse($"user{n}"), Now);

        var oldest = await CountAsync(ConversationId.Direct(Alice, UserId.Parse("user0")));

        Assert.Equal((1, UnreadCounts.MaxConversations), (oldest.Messages, oldest.Conversations));
    }

    [Fact]
    public async Task Unread_messages_that_mention_the_caller_are_counted_as_they_are_now()
    {
        var first = await MentionAsync(Mentions.Of([Alice]));
        var second = await MentionAsync(Mentions.Of([Alice, Bob]));
        await MentionAsync(Mentions.Of([Bob]));
        await MentionAsync(Mentions.All);
        await AppendAsync(AliceAndBob, Bob, Now);
        Assert.Equal(3, Assert.Single((await GetAsync()).Conversations).UnreadMentions);

        await _log.Log.AppendChangeAsync(first.Delete(Bob, "delete"), Ct);
        var edit = second.Edit(Bob, "edit", "not you");
        await _log.Log.AppendChangeAsync(edit with { Content = edit.Content with { Mentions = Mentions.None } }, Ct);
        Assert.Equal(1, Assert.Single((await GetAsync()).Conversations).UnreadMentions);

        _cursors[AliceAndBob] = new Cursors(new SeqNo(4), new SeqNo(4));
        Assert.Equal((1, 0), (await GetAsync()).Conversations is [var read] ? (read.UnreadCount, read.UnreadMentions) : default);
        await AppendAsync(AliceAndBob, Alice, Now);
        Assert.Equal(0, Assert.Single((await GetAsync()).Conversations).UnreadMentions);

        async Task<LoggedMessage> MentionAsync(Mentions mentions) => (await _log.Log.AppendAsync(
            Draft(AliceAndBob, Bob, $"{Interlocked.Increment(ref _sent)}") with { Content = MessageContent.Of("hi") with { Mentions = mentions } }, Ct)).Message;
    }

    [Theory]
    [InlineData(599, 1)]
    [InlineData(600, 0)]
    public async Task Mentions_that_were_edited_away_are_passed_over_up_to_a_number(int stale, int counted)
    {
        await MentionAsync();
        var messages = await Task.WhenAll(Enumerable.Range(0, stale).Select(_ => MentionAsync()));
        await Task.WhenAll(messages.Select(async message =>
        {
            var edit = message.Edit(Bob, $"edit {message.SeqNo}", "not you");
            await _log.Log.AppendChangeAsync(edit with { Content = edit.Content with { Mentions = Mentions.None } }, Ct);
        }));

        Assert.Equal(counted, Assert.Single((await GetAsync()).Conversations).UnreadMentions);

        async Task<LoggedMessage> MentionAsync() => (await _log.Log.AppendAsync(
            Draft(AliceAndBob, Bob, $"{Interlocked.Increment(ref _sent)}") with { Content = MessageContent.Of("hi") with { Mentions = Mentions.Of([Alice]) } }, Ct)).Message;
    }

    private async Task<UnreadCounts> CountAsync(ConversationId conversation)
    {
        _mediator
            .Answer<GetReadPlaces, IReadOnlyDictionary<ConversationId, SeqNo>>(_ => _cursors.ToDictionary(cursor => cursor.Key, cursor => cursor.Value.Read))
            .Answer<GetMembershipAsReader, Membership?>(_ => new Membership(SeqNo.None, SeqNo.None));
        return await new CountUnreadHandler(_log.Log, _inbox, _settings, _mediator).Handle(new CountUnread(Alice, conversation), Ct);
    }
}
