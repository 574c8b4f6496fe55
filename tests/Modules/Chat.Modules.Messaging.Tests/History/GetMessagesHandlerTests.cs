using Chat.BuildingBlocks.Errors;
using Chat.BuildingBlocks.Ids;
using Chat.Modules.Groups.Contracts;
using Chat.Modules.Messaging.Contracts;
using Chat.Modules.Messaging.History;
using Chat.Modules.Messaging.Tests.Log;
using Chat.Testing;
using Microsoft.Extensions.Options;
using static Chat.Modules.Messaging.Tests.Words;

namespace Chat.Modules.Messaging.Tests.History;

public sealed class GetMessagesHandlerTests : IDisposable
{
    private const int MaxPageBytes = 128 * 1024;

    private readonly TemporaryLog _log = new();
    private readonly FakeMediator _mediator = new();
    private readonly GetMessagesHandler _handler;
    private Membership? _membership = new(SeqNo.None, SeqNo.None);

    public GetMessagesHandlerTests()
    {
        _mediator.Answer<GetMembershipAsReader, Membership?>(query => query.User == Alice ? _membership : null);
        _handler = new GetMessagesHandler(_log.Log, _mediator, Options.Create(new MessagingOptions { MaxPageBytes = MaxPageBytes }));
    }

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    public void Dispose() => _log.Dispose();

    [Theory]
    [InlineData(null)]
    [InlineData(SeqNo.MaxValue)]
    public async Task A_member_who_is_removed_while_the_page_is_read_gets_none(long? before)
    {
        await FillAsync(3);
        var asked = 0;
        _mediator.Answer<GetMembershipAsReader, Membership?>(_ => asked++ == 0 ? _membership : null);

        var page = await GetAsync(before: before, limit: 10);

        Assert.Equal(ErrorCodes.NotAMember, page.Error?.Code);
    }

    [Fact]
    public async Task What_was_erased_is_a_hole_and_the_page_goes_on_behind_it()
    {
        await FillAsync(6);
        foreach (var seqNo in new[] { 2, 3, 6 })
            await _log.Log.EraseContentAsync(Team, new SeqNo(seqNo), Ct);

        var up = (await GetAsync(after: 0, limit: 3)).Value;
        var erased = (await GetAsync(after: 1, limit: 2)).Value;
        var down = (await GetAsync(before: 7, limit: 2)).Value;

        Assert.Equal(("1", 3L, 6L), (Shown(up), up.NextAfter?.Value, up.MaxSeqNo.Value));
        Assert.Equal(("", 3L, 6L), (Shown(erased), erased.NextAfter?.Value, erased.MaxSeqNo.Value));
        Assert.Equal(("5", 5L, 6L), (Shown(down), down.NextBefore?.Value, down.MaxSeqNo.Value));
    }

    [Theory]
    [InlineData(null, 50, "1 2 3 4 5 6 7 8 9 10", 10)]
    [InlineData(0L, 50, "1 2 3 4 5 6 7 8 9 10", 10)]
    [InlineData(0L, 4, "1 2 3 4", 4)]
    [InlineData(4L, 4, "5 6 7 8", 8)]
    [InlineData(8L, 4, "9 10", 10)]
    [InlineData(6L, 4, "7 8 9 10", 10)]
    [InlineData(10L, 4, "", 10)]
    [InlineData(99L, 4, "", 10)]
    [InlineData(SeqNo.MaxValue, 4, "", 10)]
    public async Task A_page_upwards(long? after, int limit, string expected, long nextAfter)
    {
        await FillAsync(10);

        var page = (await GetAsync(after: after, limit: limit)).Value;

        Assert.Equal(expected, Shown(page));
        Assert.Equal((nextAfter, 10L), (page.NextAfter?.Value, page.MaxSeqNo.Value));
        Assert.Null(page.NextBefore);
    }

    [Theory]
    [InlineData(SeqNo.MaxValue, 50, "1 2 3 4 5 6 7 8 9 10", null)]
    [InlineData(11L, 4, "7 8 9 10", 7L)]
    [InlineData(7L, 4, "3 4 5 6", 3L)]
    [InlineData(3L, 4, "1 2", null)]
    [InlineData(5L, 4, "1 2 3 4", null)] // full, and nothing lies below
    [InlineData(1L, 4, "", null)]
    [InlineData(0L, 4, "", null)]
    public async Task A_page_downwards(long before, int limit, string expected, long? nextBefore)
    {
        await FillAsync(10);

        var page = (await GetAsync(before: before, limit: limit)).Value;

        Assert.Equal(expected, Shown(page));
        Assert.Equal((nextBefore, 10L), (page.NextBefore?.Value, page.MaxSeqNo.Value));
        Assert.Null(page.NextAfter);
    }

    [Theory]
    [InlineData(null, null, 50, "7 8 9 10", 10L, null)]
    [InlineData(3L, null, 2, "7 8", 8L, null)]
    [InlineData(8L, null, 50, "9 10", 10L, null)]
    [InlineData(null, 9L, 50, "7 8", null, null)]
    [InlineData(null, 9L, 2, "7 8", null, null)]
    [InlineData(null, 10L, 2, "8 9", null, 8L)]
    [InlineData(null, 7L, 50, "", null, null)]
    public async Task What_came_before_the_joining_is_not_shown_and_not_hinted_at(
        long? after, long? before, int limit, string expected, long? nextAfter, long? nextBefore)
    {
        await FillAsync(10);
        _membership = new Membership(JoinedAt: new SeqNo(6), VisibleAfter: new SeqNo(6));

        var page = (await GetAsync(after, before, limit)).Value;

        Assert.Equal(expected, Shown(page));
        Assert.Equal((nextAfter, nextBefore), (page.NextAfter?.Value, page.NextBefore?.Value));
    }

    [Fact]
    public async Task A_conversation_without_messages_has_an_empty_page()
    {
        var upwards = (await GetAsync()).Value;
        var downwards = (await GetAsync(before: 5)).Value;

        Assert.Empty(upwards.Messages);
        Assert.Equal((SeqNo.None, SeqNo.None), (upwards.NextAfter, upwards.MaxSeqNo));
        Assert.Empty(downwards.Messages);
        Assert.Null(downwards.NextBefore);
    }

    [Fact]
    public async Task More_than_200_is_clamped()
    {
        await FillAsync(205);

        var upwards = (await GetAsync(limit: 1000)).Value;
        var downwards = (await GetAsync(before: SeqNo.MaxValue, limit: int.MaxValue)).Value;

        Assert.Equal((200, 200L, 205L), (upwards.Messages.Count, upwards.NextAfter?.Value, upwards.MaxSeqNo.Value));
        Assert.Equal((200, 6L), (downwards.Messages.Count, downwards.NextBefore?.Value));
    }

    [Theory]
    [InlineData('a', 7)] // 16 KiB each
    [InlineData('\u0001', 1)] // 96 KiB each as JSON, and at least one message
    [InlineData('я', 2)] // 8,192 of them, which may become \u044f
    public async Task A_page_ends_at_its_size_in_bytes_and_says_where_the_next_begins(char letter, int messagesOfAPage)
    {
        await FillAsync(9, new string(letter, letter > 127 ? 8_192 : 16_384));

        var (upwards, downwards) = (new List<long>(), new List<long>());
        for (long? after = 0; after < 9;)
        {
            var page = (await GetAsync(after: after, limit: 200)).Value;
            Assert.InRange(page.Messages.Count, 1, messagesOfAPage);
            Assert.Equal((after + page.Messages.Count, 9), (page.NextAfter?.Value, page.MaxSeqNo.Value));
            upwards.AddRange(page.Messages.Select(message => message.SeqNo.Value));
            after = page.NextAfter?.Value;
        }
        for (long? before = 10; before is not null;)
        {
            var page = (await GetAsync(before: before, limit: 200)).Value;
            Assert.InRange(page.Messages.Count, 1, messagesOfAPage);
            Assert.Equal(before - page.Messages.Count is var lowest && lowest > 1 ? lowest : null, page.NextBefore?.Value);
            downwards.AddRange(page.Messages.Select(message => message.SeqNo.Value).Reverse());
            before = page.NextBefore?.Value;
        }

        Assert.Equal(Enumerable.Range(1, 9).Select(n => (long)n), upwards);
        Assert.Equal(Enumerable.Range(1, 9).Select(n => (long)n).Reverse(), downwards);
    }

    [Fact]
    public async Task Following_nextAfter_to_maxSeqNo_gives_each_message_once_though_more_come()
    {
        await FillAsync(10);
        var seen = new List<long>();
        var after = SeqNo.None;
        for (var page = (await GetAsync(limit: 3)).Value; ; page = (await GetAsync(after.Value, limit: 3)).Value)
        {
            seen.AddRange(page.Messages.Select(message => message.SeqNo.Value));
            if (seen.Count == 3)
                await FillAsync(4);
            after = page.NextAfter!.Value;
            if (after == page.MaxSeqNo)
                break;
        }

        Assert.Equal(Enumerable.Range(1, 14).Select(n => (long)n), seen);
    }

    [Fact]
    public async Task Who_is_no_member_is_refused()
    {
        await FillAsync(1);

        var refused = await _handler.Handle(new GetMessages(Bob.Phone(), Team, null, null, 50), Ct);

        Assert.Equal(MessagingErrors.NotAMember, refused.Error);
    }

    [Theory]
    [InlineData(1L, 2L, 50)]
    [InlineData(null, null, 0)]
    [InlineData(null, null, -1)]
    [InlineData(null, null, int.MinValue)]
    public async Task A_page_that_cannot_be_is_refused(long? after, long? before, int limit) =>
        Assert.Equal(ErrorCodes.BadRequest, (await GetAsync(after, before, limit)).Error?.Code);

    private Task<Result<MessagePage>> GetAsync(long? after = null, long? before = null, int limit = 50) =>
        _handler.Handle(new GetMessages(Alice.Phone(), Team, ToSeqNo(after), ToSeqNo(before), limit), Ct);

    private static SeqNo? ToSeqNo(long? value) => value is { } number ? new SeqNo(number) : null;

    private static string Shown(MessagePage page) => string.Join(' ', page.Messages.Select(message => message.SeqNo));

    private async Task FillAsync(int count, string text = "text")
    {
        var head = (await _log.Log.GetHeadAsync(Team, Ct)).Value;
        await Task.WhenAll(Enumerable.Range(1, count).Select(n => _log.Log.AppendAsync(Draft(Team, Bob, $"{head + n}", text), Ct)));
    }
}
