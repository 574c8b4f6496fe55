using Chat.BuildingBlocks.Errors;
using Chat.BuildingBlocks.Ids;
using Chat.Modules.Groups.Contracts;
using Chat.Modules.Messaging.Contracts;
using Chat.Modules.Messaging.Tests.Changes;
using static Chat.Modules.Messaging.Tests.Words;

namespace Chat.Modules.Messaging.Tests.Sending;

// Threads and mentions.
public sealed partial class SendMessageHandlerTests
{
    [Fact]
    public async Task A_message_goes_into_the_thread_of_a_message_and_of_nothing_else()
    {
        var root = (await SendAsync(Alice, "1")).Value;
        var elsewhere = (await SendAsync(Alice, "2", Team)).Value;
        var inThread = (await SendInAsync(root.Id, "3")).Value;
        var logged = (await StoredAsync(AliceAndBob))[0];
        var change = (await _log.Log.AppendChangeAsync(logged.React(Bob, "4", "👍"), Ct)).Value.Message;
        var gone = (await SendAsync(Alice, "5")).Value;
        await _log.Log.EraseContentAsync(AliceAndBob, gone.SeqNo, Ct);

        Assert.Equal(new MessageTarget(root.Id, root.SeqNo), (await StoredAsync(AliceAndBob))[1].Content.Thread);
        Assert.Equal(MessagingErrors.RootInThread, (await SendInAsync(inThread.Id, "a")).Error);
        Assert.Equal(ErrorCodes.BadRequest, (await SendInAsync(change.Id, "b")).Error?.Code);
        Assert.Equal(MessagingErrors.NotAMember, (await SendInAsync(elsewhere.Id, "c")).Error);
        Assert.Equal(MessagingErrors.NotAMember, (await SendInAsync(MessageId.New(Now), "d")).Error);
        Assert.Equal(MessagingErrors.NotAMember, (await SendInAsync(gone.Id, "e")).Error);
        _shownAbove = root.SeqNo;
        Assert.Equal(MessagingErrors.NotAMember, (await SendInAsync(root.Id, "f")).Error);

        Task<Result<SentMessage>> SendInAsync(MessageId thread, string clientMsgId) =>
            _handler.Handle(new SendMessage(AliceAndBob, Alice.Phone(), clientMsgId, MessageContent.Of("hello")) { Thread = thread }, Ct);
    }

    [Fact]
    public async Task Only_members_are_mentioned_and_all_by_those_who_may()
    {
        IReadOnlyList<UserId> members = [Alice, Bob];
        _mediator.Answer<GetMembers, IReadOnlyList<UserId>>(_ => members);
        _mediator.Answer<GetRole, GroupRole?>(query => query.User == Alice ? GroupRole.Member : GroupRole.Admin);
        _members.Add((Team, Bob));

        Assert.True((await MentionAsync(Alice, "1", Mentions.Of([Bob]))).IsOk);
        Assert.Equal(ErrorCodes.BadRequest, (await MentionAsync(Alice, "2", Mentions.Of([Bob, Carol]))).Error?.Code);
        Assert.Equal(ErrorCodes.BadRequest, (await MentionAsync(Alice, "3", Mentions.Of([Bob, Bob]))).Error?.Code);
        Assert.Equal(
            ErrorCodes.BadRequest,
            (await MentionAsync(Alice, "4", Mentions.Of([.. Enumerable.Range(0, Mentions.MaxUsers + 1).Select(n => UserId.Parse($"user{n}"))]))).Error?.Code);
        Assert.True((await MentionAsync(Alice, "5", Mentions.All)).IsOk);
        Assert.True((await MentionAsync(Alice, "6", Mentions.None)).IsOk);
        members = [Alice, Bob, Carol];
        Assert.Equal(ErrorCodes.Forbidden, (await MentionAsync(Alice, "7", Mentions.All)).Error?.Code);
        Assert.True((await MentionAsync(Bob, "8", Mentions.All)).IsOk);

        Assert.Equal([Mentions.Of([Bob]), Mentions.All, null, Mentions.All], (await StoredAsync(Team)).Select(message => message.Content.Mentions));

        Task<Result<SentMessage>> MentionAsync(UserId sender, string clientMsgId, Mentions mentions) =>
            _handler.Handle(new SendMessage(Team, sender.Phone(), clientMsgId, MessageContent.Of("hello") with { Mentions = mentions }), Ct);
    }
}
