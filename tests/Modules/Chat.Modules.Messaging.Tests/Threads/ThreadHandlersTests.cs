using Chat.BuildingBlocks.Errors;
using Chat.BuildingBlocks.Ids;
using Chat.Modules.Groups.Contracts;
using Chat.Modules.Messaging.Changes;
using Chat.Modules.Messaging.Contracts;
using Chat.Modules.Messaging.Tests.Changes;
using Chat.Modules.Messaging.Tests.Log;
using Chat.Modules.Messaging.Threads;
using Chat.Testing;
using Microsoft.Extensions.Options;
using static Chat.Modules.Messaging.Tests.Words;

namespace Chat.Modules.Messaging.Tests.Threads;

public sealed class ThreadHandlersTests : IDisposable
{
    private readonly TemporaryLog _log = new();
    private readonly FakeMediator _mediator = new();
    private readonly GetThreadsHandler _threads;
    private readonly GetThreadMessagesHandler _messages;
    private Membership? _membership = new(SeqNo.None, SeqNo.None);
    private int _number;

    public ThreadHandlersTests()
    {
        _mediator.Answer<GetMembershipAsReader, Membership?>(_ => _membership);
        var messages = new ChangedMessages(_log.Log, _mediator);
        var options = Options.Create(new MessagingOptions { MaxPageBytes = 65_536 });
        _threads = new GetThreadsHandler(_log.Log, _mediator, messages, options);
        _messages = new GetThreadMessagesHandler(_log.Log, messages, options);
    }

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    public void Dispose() => _log.Dispose();

    [Fact]
    public async Task Threads_come_in_pages_by_what_was_written_to_them_last()
    {
        var roots = new List<LoggedMessage>();
        for (var n = 0; n < 5; n++)
            roots.Add(await SayAsync());
        foreach (var n in new[] { 0, 1, 2, 3, 1 })
            await SayAsync(roots[n]);
        var last = await SayAsync(roots[4]);
        await _log.Log.AppendChangeAsync(roots[3].Delete(Alice, "delete"), Ct);

        var first = (await ThreadsAsync(2)).Value;
        await SayAsync(roots[0]);
        var second = (await ThreadsAsync(2, first.Next)).Value;
        var third = (await ThreadsAsync(2, second.Next)).Value;

        Assert.Equal([roots[4].Id, roots[1].Id], first.Roots.Select(root => root.Message.Id));
        Assert.Equal(new MessageThread(1, last.SeqNo, [Alice]), first.Roots[0].Message.State!.Thread);
        Assert.Equal([roots[3].Id, roots[2].Id], second.Roots.Select(root => root.Message.Id));
        Assert.Equal((0, null), (third.Roots.Count, third.Next));
        Assert.Equal([roots[0].Id], (await ThreadsAsync(1)).Value.Roots.Select(root => root.Message.Id));
    }

    [Fact]
    public async Task A_thread_comes_in_pages_upwards_and_downwards_without_what_is_not_shown()
    {
        var root = await SayAsync();
        var messages = new List<LoggedMessage>();
        for (var n = 0; n < 5; n++)
        {
            messages.Add(await SayAsync(root));
            await SayAsync();
        }
        await _log.Log.AppendChangeAsync(messages[1].Delete(Alice, "delete"), Ct);

        var up = (await MessagesAsync(root.Id, limit: 3)).Value;
        var rest = (await MessagesAsync(root.Id, after: up.NextAfter, limit: 3)).Value;
        var down = (await MessagesAsync(root.Id, before: messages[4].SeqNo, limit: 2)).Value;

        Assert.Equal(messages[..3].Select(message => message.Id), up.Messages.Select(message => message.Message.Id));
        Assert.NotNull(up.Messages[1].Message.State?.Deletion);
        Assert.Equal((messages[2].SeqNo, null), (up.NextAfter, up.NextBefore));
        Assert.Equal(messages[3..].Select(message => message.Id), rest.Messages.Select(message => message.Message.Id));
        Assert.Null(rest.NextAfter);
        Assert.Equal(messages[2..4].Select(message => message.Id), down.Messages.Select(message => message.Message.Id));
        Assert.Equal((null, messages[2].SeqNo), (down.NextAfter, down.NextBefore));
        Assert.Empty((await MessagesAsync(messages[0].Id)).Value.Messages);
    }

    [Fact]
    public async Task Who_may_not_see_the_message_that_began_a_thread_sees_none()
    {
        var root = await SayAsync();
        await SayAsync(root);
        _membership = new Membership(SeqNo.None, root.SeqNo);

        Assert.Empty((await ThreadsAsync(10)).Value.Roots);
        Assert.Equal(MessagingErrors.NotAMember, (await MessagesAsync(root.Id)).Error);
        _membership = null;
        Assert.Equal(MessagingErrors.NotAMember, (await ThreadsAsync(10)).Error);
        Assert.Equal(ErrorCodes.BadRequest, (await ThreadsAsync(0)).Error?.Code);
        Assert.Equal(ErrorCodes.BadRequest, (await ThreadsAsync(1, "x")).Error?.Code);
    }

    // Their roots are not shown, though what was written to them later is.
    [Fact]
    public async Task Where_very_many_threads_are_not_shown_a_page_ends_and_says_where_to_go_on()
    {
        var shown = new List<LoggedMessage>();
        var hidden = new List<LoggedMessage>();
        for (var n = 0; n < 40; n++)
            hidden.Add(await SayAsync());
        _membership = new Membership(SeqNo.None, hidden[^1].SeqNo);
        shown.Add(await SayAsync());
        await SayAsync(shown[0]);
        foreach (var root in hidden)
            await SayAsync(root);

        var first = (await ThreadsAsync(1)).Value;
        var pages = new List<ThreadPage> { first };
        while (pages[^1].Next is { } next)
            pages.Add((await ThreadsAsync(1, next)).Value);

        Assert.Empty(first.Roots);
        Assert.Equal([shown[0].Id], pages.SelectMany(page => page.Roots).Select(root => root.Message.Id));
        Assert.InRange(pages.Count, 5, 8);
    }

    [Fact]
    public async Task Below_what_is_shown_no_threads_are_read()
    {
        var root = await SayAsync();
        await SayAsync(root);
        var last = await SayAsync();
        var shown = await SayAsync();
        await SayAsync(shown);
        _membership = new Membership(SeqNo.None, last.SeqNo);

        var page = (await ThreadsAsync(2)).Value;

        Assert.Equal(shown.Id, Assert.Single(page.Roots).Message.Id);
        Assert.Null(page.Next);
    }

    private Task<Result<ThreadPage>> ThreadsAsync(int limit, string? cursor = null) => _threads.Handle(new GetThreads(Bob.Phone(), AliceAndBob, limit, cursor), Ct);

    private Task<Result<ThreadMessagePage>> MessagesAsync(MessageId root, SeqNo? after = null, SeqNo? before = null, int limit = 50) =>
        _messages.Handle(new GetThreadMessages(Bob.Phone(), AliceAndBob, root, after, before, limit), Ct);

    private async Task<LoggedMessage> SayAsync(LoggedMessage? root = null) => (await _log.Log.AppendAsync(
        Draft(AliceAndBob, Alice, $"{++_number}") with { Content = MessageContent.Of("hello") with { Thread = root is null ? null : Folding.TargetOf(root) } }, Ct)).Message;
}
