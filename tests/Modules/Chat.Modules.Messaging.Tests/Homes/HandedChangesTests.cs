using Chat.BuildingBlocks.Errors;
using Chat.BuildingBlocks.Ids;
using Chat.Modules.Messaging.Contracts;
using Chat.Modules.Messaging.Homes;
using Chat.Modules.Messaging.Log;
using Chat.Modules.Messaging.Log.Cluster;
using Chat.Modules.Messaging.Sending;
using Chat.Modules.Messaging.Tests.Changes;
using Chat.Modules.Messaging.Tests.Log.Cluster;
using Chat.Modules.Messaging.Tests.Sending;
using Chat.Testing;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using static Chat.Modules.Messaging.Tests.Words;

namespace Chat.Modules.Messaging.Tests.Homes;

/// <summary>Changes of messages that a home judges, and a home of the version before, which does not.</summary>
public sealed class HandedChangesTests : IDisposable
{
    // As earlier versions offer themselves: the first says nothing of changes, the second nothing of notices.
    private static readonly byte[] OfferOfFirst = [(byte)HomeMessage.Offer, 0];
    private static readonly byte[] OfferOfBefore = [(byte)HomeMessage.Offer, 0, 1];
    private static readonly byte[] OfferWithoutTimers = [(byte)HomeMessage.Offer, 0, 1, 1, 1];

    private readonly OneOther _other = new();
    private readonly SharedConversations _shared = new(TimeProvider.System);
    private readonly ConversationHomes _homes;
    private readonly HomeService _service;

    public HandedChangesTests()
    {
        var (meters, options) = (new TestMeters(), Options.Create(new MessagingOptions()));
        _homes = new ConversationHomes(
            _other, _other, _shared, new MessagingMetrics(meters, TimeProvider.System), options, TimeProvider.System, NullLogger<ConversationHomes>.Instance);
        var log = ClusterLogs.Of(new VirtualTables(new VirtualTime(1)), TimeProvider.System, new Random(1));
        var appends = Appends.To(log, new AppendedPublisher(new FakeMediator()), meters, TimeProvider.System, options.Value, _homes);
        _service = new HomeService(_homes, appends, _other, _other, options, TimeProvider.System, NullLogger<HomeService>.Instance);
    }

    public void Dispose()
    {
        _service.Dispose();
        _homes.Dispose();
    }

    [Fact]
    public async Task The_homes_refusal_is_the_answer()
    {
        await ReceiveAsync(HomeMessages.Offer(asks: false));
        var conversation = FindAtTheOther(out var number);

        var answer = _homes.AppendAsync(ReactionIn(conversation), _ => throw new InvalidOperationException("It is not appended here."));
        await ReceiveAsync(HomeMessages.Refused(new AppendNumber(Session: 1, number + 1), MessagingErrors.MessageDeleted));

        Assert.Equal(MessagingErrors.MessageDeleted, (await answer).Error);
    }

    [Fact]
    public async Task A_home_of_the_version_before_is_handed_messages_and_no_changes()
    {
        await ReceiveAsync(OfferOfFirst);
        var conversation = FindAtTheOther(out var number);
        await ReceiveAsync(HomeMessages.Appended(new AppendNumber(Session: 1, number), SentIn(conversation)));
        var handed = Handed;

        var answer = await _homes.AppendAsync(ReactionIn(conversation), _ => Task.FromResult<Result<SentMessage>>(MessagingErrors.NothingToTakeBack));

        Assert.Equal(MessagingErrors.NothingToTakeBack, answer.Error);
        Assert.Equal(handed, Handed);
    }

    [Fact]
    public async Task A_home_of_the_version_before_is_handed_changes_and_no_notices()
    {
        await ReceiveAsync(OfferOfBefore);
        var conversation = FindAtTheOther(out var number);
        await ReceiveAsync(HomeMessages.Appended(new AppendNumber(Session: 1, number), SentIn(conversation)));
        var handed = Handed;

        var here = SentIn(conversation);
        Assert.Equal(here, (await _homes.AppendAsync(NoticeIn(conversation), _ => Task.FromResult<Result<SentMessage>>(here))).Value);
        Assert.Equal(handed, Handed);
        _ = _homes.AppendAsync(ReactionIn(conversation), _ => throw new InvalidOperationException("It is not appended here."));
        Assert.Equal(handed + 1, Handed);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_timer_is_handed_to_homes_that_keep_timers(bool isBefore)
    {
        await ReceiveAsync(isBefore ? OfferWithoutTimers : HomeMessages.Offer(asks: false));
        var conversation = FindAtTheOther(out var number);
        await ReceiveAsync(HomeMessages.Appended(new AppendNumber(Session: 1, number), SentIn(conversation)));
        var (handed, begunHere) = (Handed, false);
        var timer = NoticeIn(conversation) with { Content = new MessageContent(default) { Kind = MessageKind.Timer, TimerSeconds = 60 } };

        _ = _homes.AppendAsync(timer, _ =>
        {
            begunHere = true;
            return Task.FromResult<Result<SentMessage>>(SentIn(conversation));
        });

        Assert.Equal((isBefore, isBefore ? handed : handed + 1), (begunHere, Handed));
    }

    [Fact]
    public async Task A_home_of_this_version_is_handed_notices()
    {
        await ReceiveAsync(HomeMessages.Offer(asks: false));
        var conversation = FindAtTheOther(out _);
        var handed = Handed;

        _ = _homes.AppendAsync(NoticeIn(conversation), _ => throw new InvalidOperationException("It is not appended here."));

        Assert.Equal(handed + 1, Handed);
    }

    private int Handed => _other.Kinds.Count(kind => kind is HomeMessage.Append);

    private ValueTask ReceiveAsync(ReadOnlyMemory<byte> payload) => _service.ReceiveAsync(_other.Live[0], payload, TestContext.Current.CancellationToken);

    // A conversation whose messages are handed over, and the number of the one that shows it.
    private ConversationId FindAtTheOther(out long number)
    {
        for (var n = 1; ; n++)
        {
            var conversation = ConversationId.Parse($"g:{n:x32}");
            _shared.Add(conversation);
            _ = _homes.AppendAsync(Draft(conversation, Alice, "which"), _ => Task.FromResult<Result<SentMessage>>(SentIn(conversation)));
            if (Handed == 0)
                continue;
            number = 1;
            return conversation;
        }
    }

    private static MessageDraft ReactionIn(ConversationId conversation) =>
        new LoggedMessage(new MessageId(Guid.CreateVersion7()), conversation, new SeqNo(1), Bob.Phone(), "1", MessageContent.Of("hello"), Now).React(Alice, "2", "👍");

    private static MessageDraft NoticeIn(ConversationId conversation) =>
        new(conversation, Alice.Phone(), "3", new MessageContent(default) { Kind = MessageKind.Notice, Notice = new ConversationNotice(ConversationNotice.Left) { User = Alice } }, Now);

    private static SentMessage SentIn(ConversationId conversation) => new(new MessageId(Guid.CreateVersion7()), conversation, new SeqNo(1), Now, Duplicate: false);
}
