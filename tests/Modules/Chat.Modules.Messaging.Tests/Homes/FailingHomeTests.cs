using System.Globalization;
using Chat.BuildingBlocks.Errors;
using Chat.BuildingBlocks.Ids;
using Chat.BuildingBlocks.Nodes;
using Chat.Modules.Messaging.Contracts;
using Chat.Modules.Messaging.Homes;
using Chat.Modules.Messaging.Log;
using Chat.Modules.Messaging.Log.Cluster;
using Chat.Testing;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using static Chat.Modules.Messaging.Tests.Words;

namespace Chat.Modules.Messaging.Tests.Homes;

/// <summary>A home that is there and cannot append: the way to the database is cut for it, and not for this server.</summary>
public sealed class FailingHomeTests : IDisposable
{
    private readonly OneOther _other = new();
    private readonly SharedConversations _shared = new(TimeProvider.System);
    private readonly ConversationHomes _homes;
    private readonly ConversationId _conversation;
    private readonly List<string> _begunHere = [];
    private TaskCompletionSource? _here;
    private long _numbers;

    public FailingHomeTests()
    {
        _homes = new ConversationHomes(
            _other, _other, _shared, new MessagingMetrics(new TestMeters(), TimeProvider.System), Options.Create(new MessagingOptions()), TimeProvider.System,
            NullLogger<ConversationHomes>.Instance);
        _homes.Offered(Home, asks: false, new HomeAbilities(JudgesChanges: true, AppendsNotices: true, KeepsThreads: true, KeepsTimers: true));
        _conversation = Enumerable.Range(1, 100).Select(n => ConversationId.Parse($"g:{n:x32}")).First(IsAtTheOther);
        _begunHere.Clear();
    }

    private NodeId Home => _other.Live[0];

    private int Handed => _other.Kinds.Count(kind => kind is HomeMessage.Append);

    public void Dispose() => _homes.Dispose();

    [Fact]
    public async Task What_it_has_failed_on_is_appended_here()
    {
        var sent = AppendAsync("one");
        Fail(Hand());

        Assert.Equal(_conversation, (await sent).Conversation);
        Assert.Equal(["one"], _begunHere);
    }

    [Fact]
    public async Task But_not_where_a_later_message_of_the_device_may_be_in_the_log()
    {
        var (first, second) = (AppendAsync("one"), AppendAsync("two"));
        var (one, two) = (Hand(), Hand());
        Fail(one);
        _homes.Answered(Home, two, Sent());

        await Assert.ThrowsAsync<StoreUnavailableException>(() => first);
        await second;
        Assert.Empty(_begunHere);
    }

    [Fact]
    public async Task What_a_later_message_of_the_device_has_overtaken_is_not_appended_after_it()
    {
        var (first, second) = (AppendAsync("one"), AppendAsync("two"));
        var one = Hand();
        _homes.Answered(Home, Hand(), Sent());
        await second;

        Fail(one);

        await Assert.ThrowsAsync<StoreUnavailableException>(() => first);
        Assert.Empty(_begunHere);
    }

    [Fact]
    public async Task Nor_when_the_home_is_given_up()
    {
        var (first, second) = (AppendAsync("one"), AppendAsync("two"));
        Hand();
        _homes.Answered(Home, Hand(), Sent());
        await second;

        _homes.Lost(Home, session: 1);

        await Assert.ThrowsAsync<StoreUnavailableException>(() => first);
        Assert.Empty(_begunHere);
    }

    [Fact]
    public async Task What_is_under_way_at_one_that_keeps_failing_waits_for_its_answer()
    {
        var failing = new[] { Bob, Carol, UserId.Parse("dave") }.Select(user => (Sent: AppendAsync("one", user), Number: Hand())).ToList();
        var (first, second) = (AppendAsync("one"), AppendAsync("two"));
        var (one, two) = (Hand(), Hand());
        failing.ForEach(append => Fail(append.Number));
        await Task.WhenAll(failing.Select(append => append.Sent));
        var next = AppendAsync("three");

        _homes.Answered(Home, two, Sent());
        await second;
        Fail(one);
        await Assert.ThrowsAsync<StoreUnavailableException>(() => first);

        await next;
        Assert.Equal(["one", "one", "one", "three"], _begunHere);
    }

    [Fact]
    public async Task A_later_message_waits_for_it()
    {
        _here = new TaskCompletionSource();
        var first = AppendAsync("one");
        Fail(Hand());
        var handed = Handed;
        var second = AppendAsync("two");
        Assert.Equal(handed, Handed);
        Assert.Equal(["one"], _begunHere);

        _here.SetResult();
        await first;
        await Wait.UntilAsync(() => Handed == handed + 1, "the second is handed over");
        _homes.Answered(Home, Hand(), Sent());
        await second;
    }

    [Fact]
    public async Task One_that_keeps_failing_is_not_asked_for_a_while()
    {
        for (var n = 0; n < 3; n++)
        {
            var sent = AppendAsync(n.ToString(CultureInfo.InvariantCulture));
            Fail(Hand());
            await sent;
        }
        var handed = Handed;

        await AppendAsync("next");

        Assert.Equal(handed, Handed);
        Assert.Equal("next", _begunHere[^1]);
    }

    [Fact]
    public async Task One_that_fails_now_and_then_is_asked_again()
    {
        for (var n = 0; n < 8; n++)
        {
            var sent = AppendAsync(n.ToString(CultureInfo.InvariantCulture));
            if (n % 2 == 0)
                Fail(Hand());
            else
                _homes.Answered(Home, Hand(), Sent());
            await sent;
        }

        Assert.Equal(4, _begunHere.Count);
    }

    // Which of the two is a conversation's home their ids say.
    private bool IsAtTheOther(ConversationId conversation)
    {
        _shared.Add(conversation);
        var handed = Handed;
        _ = _homes.AppendAsync(Draft(conversation, Alice, "which"), HereAsync);
        if (Handed == handed)
            return false;
        _homes.Answered(Home, Hand(), Sent());
        return true;
    }

    private async Task<SentMessage> AppendAsync(string clientMsgId, UserId? sender = null) =>
        (await _homes.AppendAsync(Draft(_conversation, sender ?? Alice, clientMsgId), HereAsync)).Value;

    private async Task<Result<SentMessage>> HereAsync(MessageDraft draft)
    {
        _begunHere.Add(draft.ClientMsgId);
        if (_here is { } here)
            await here.Task;
        return Sent();
    }

    // The number of the next that was handed over.
    private AppendNumber Hand() => new(Session: 1, ++_numbers);

    private void Fail(AppendNumber number) => _homes.Failed(Home, number);

    private SentMessage Sent() => new(new MessageId(Guid.CreateVersion7()), _conversation, new SeqNo(1), DateTimeOffset.UnixEpoch, Duplicate: false);
}
