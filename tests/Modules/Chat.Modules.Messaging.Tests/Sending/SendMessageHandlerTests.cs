using Chat.BuildingBlocks.Errors;
using Chat.BuildingBlocks.Ids;
using Chat.BuildingBlocks.Mediation;
using Chat.Modules.Groups.Contracts;
using Chat.Modules.Media.Contracts;
using Chat.Modules.Messaging.Changes;
using Chat.Modules.Messaging.Contracts;
using Chat.Modules.Messaging.Log.Cluster;
using Chat.Modules.Messaging.Sending;
using Chat.Modules.Messaging.Tests.Changes;
using Chat.Modules.Messaging.Tests.Log;
using Chat.Testing;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Time.Testing;
using static Chat.Modules.Messaging.Tests.Words;

namespace Chat.Modules.Messaging.Tests.Sending;

public sealed partial class SendMessageHandlerTests : IDisposable
{
    private readonly TemporaryLog _log = new();
    private readonly TestMeters _meters = new();
    private readonly FakeMediator _mediator = new();
    private readonly FakeAttachments _attachments = new();
    private readonly FakeTimeProvider _clock = new(Now.AddTicks(7));
    private readonly UuidTimeRates _rates;
    private readonly SendMessageHandler _handler;
    private readonly ChangeMessageHandler _changes;
    private SeqNo _shownAbove = SeqNo.None;
    private HashSet<(ConversationId, UserId)> _members = [(AliceAndBob, Alice), (AliceAndBob, Bob), (Team, Alice)];

    public SendMessageHandlerTests()
    {
        _mediator.Answer<GetMembership, Membership?>(query =>
            _members.Contains((query.Conversation, query.User)) ? new Membership(SeqNo.None, SeqNo.None) : null);
        _mediator.Answer<GetMembershipAsReader, Membership?>(query =>
            _members.Contains((query.Conversation, query.User)) ? new Membership(SeqNo.None, _shownAbove) : null);
        _rates = new UuidTimeRates(Options.Create(new RateLimitOptions()), _meters, _clock);
        var answers = new AppendedPublisher(_mediator);
        var appends = Appends.To(_log.Log, answers, _meters, _clock);
        var directs = new DirectConversationLimits(
            _log.Log, new UserRates(Options.Create(new RateLimitOptions { DirectsBegunPerMinute = 3 }), _meters, _clock),
            Options.Create(new MessagingOptions { MaxDirectConversations = 5, MaxDirectConversationsByOthers = 100 }));
        var mentions = new MentionRules(_mediator, Options.Create(new MessagingOptions { MentionAllMembers = 2 }));
        _handler = new SendMessageHandler(_log.Log, _mediator, [_rates], directs, answers, appends, mentions, _attachments, new MessagingMetrics(_meters, _clock), _clock);
        _changes = new ChangeMessageHandler(
            _log.Log, _mediator, answers, appends, mentions, _attachments, new MessagingMetrics(_meters, _clock), Options.Create(new MessagingOptions()), _clock);
    }

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    public void Dispose()
    {
        _log.Dispose();
        _meters.Dispose();
    }

    [Fact]
    public async Task A_member_s_message_is_stored_and_answered_with_its_place()
    {
        var sent = (await SendAsync(Alice, "1")).Value;

        var stored = Assert.Single(await StoredAsync(AliceAndBob));
        Assert.Equal(new LoggedMessage(sent.Id, AliceAndBob, new SeqNo(1), Alice.Phone(), "1", MessageContent.Of("hello"), Now), stored);
        Assert.Equal(new SentMessage(stored.Id, AliceAndBob, new SeqNo(1), Now, Duplicate: false), sent);
    }

    [Fact]
    public async Task Each_message_is_told_once_with_the_one_before_it_and_repetitions_never()
    {
        await SendAsync(Alice, "1");
        await SendAsync(Alice, "1");
        await SendAsync(Bob, "1");
        await SendAsync(Bob, "1", text: "other");

        var stored = await StoredAsync(AliceAndBob);
        Assert.Equal([new MessageAppended(stored[0], SeqNo.None), new MessageAppended(stored[1], stored[0].SeqNo)], _mediator.Published);
    }

    [Fact]
    public async Task Concurrent_repetitions_are_told_once()
    {
        var answers = await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => Task.Run(() => SendAsync(Alice, "1"), Ct)));

        Assert.Single(answers.Select(answer => answer.Value.Id).Distinct());
        Assert.Single(answers, answer => !answer.Value.Duplicate);
        Assert.Single(_mediator.Published);
    }

    [Fact]
    public async Task A_sender_that_hangs_up_after_the_append_does_not_stop_the_event()
    {
        using var hangUp = new CancellationTokenSource();
        _mediator.Answer<GetMembership, Membership?>(_ => new Membership(SeqNo.None, SeqNo.None));

        var sending = _handler.Handle(new SendMessage(AliceAndBob, Alice.Phone(), "1", MessageContent.Of("hello")), hangUp.Token);
        await hangUp.CancelAsync();
        await sending;

        Assert.Single(_mediator.Published);
    }

    [Fact]
    public async Task Who_is_no_member_is_refused_and_nothing_is_stored()
    {
        var refused = await SendAsync(Carol, "1");

        Assert.Equal(MessagingErrors.NotAMember, refused.Error);
        Assert.Empty(await StoredAsync(AliceAndBob));
        Assert.Empty(_mediator.Published);
    }

    [Fact]
    public async Task A_repetition_after_the_membership_was_lost_answers_with_the_first_result()
    {
        var first = (await SendAsync(Alice, "1", Team)).Value;
        _members = [];

        var again = await SendAsync(Alice, "1", Team, text: "other");
        var next = await SendAsync(Alice, "2", Team);

        Assert.Equal(first with { Duplicate = true }, again.Value);
        Assert.Equal(MessagingErrors.NotAMember, next.Error);
        Assert.Single(_mediator.Published);
    }

    [Fact]
    public async Task A_repetition_to_another_conversation_answers_with_the_place_of_the_first()
    {
        var first = (await SendAsync(Alice, "1")).Value;
        _clock.Advance(TimeSpan.FromDays(3));

        var again = (await SendAsync(Alice, "1", Team)).Value;

        Assert.Equal(first with { Duplicate = true }, again);
        Assert.Empty(await StoredAsync(Team));
    }

    [Fact]
    public async Task Another_s_attempt_of_the_same_name_answers_nothing_to_who_is_no_member()
    {
        await SendAsync(Alice, "1");

        Assert.Equal(MessagingErrors.NotAMember, (await SendAsync(Carol, "1")).Error);
    }

    [Fact]
    public async Task A_reply_names_a_message_of_the_same_conversation()
    {
        var first = (await SendAsync(Alice, "1")).Value;

        var reply = (await SendAsync(Bob, "2", replyTo: first.Id)).Value;

        Assert.Equal(first.Id, (await StoredAsync(AliceAndBob))[^1].Content.ReplyTo);
        Assert.Equal(2, reply.SeqNo.Value);
    }

    [Fact]
    public async Task A_reply_to_a_message_of_another_conversation_or_of_none_is_refused()
    {
        var elsewhere = (await SendAsync(Alice, "1", Team)).Value;

        var toElsewhere = await SendAsync(Alice, "2", replyTo: elsewhere.Id);
        var toNothing = await SendAsync(Alice, "3", replyTo: MessageId.New(Now));

        Assert.Equal(ErrorCodes.BadRequest, toElsewhere.Error!.Code);
        Assert.Equal(toElsewhere.Error, toNothing.Error);
        Assert.Empty(await StoredAsync(AliceAndBob));
    }

    [Fact]
    public async Task A_reply_to_a_change_is_refused_and_one_to_a_deleted_message_is_not()
    {
        await SendAsync(Alice, "1");
        var message = Assert.Single(await StoredAsync(AliceAndBob));
        var edit = (await _log.Log.AppendChangeAsync(message.Edit(Alice, "2", "new"), Ct)).Value.Message;
        await _log.Log.AppendChangeAsync(message.Delete(Alice, "3"), Ct);

        Assert.Equal(ErrorCodes.BadRequest, (await SendAsync(Bob, "4", replyTo: edit.Id)).Error?.Code);
        Assert.True((await SendAsync(Bob, "5", replyTo: message.Id)).IsOk);
    }

    [Fact]
    public async Task A_reply_to_what_the_sender_is_not_shown_is_refused_as_if_it_were_not_there()
    {
        var hidden = (await SendAsync(Alice, "1")).Value;
        var shown = (await SendAsync(Alice, "2")).Value;
        _shownAbove = hidden.SeqNo;

        var toHidden = await SendAsync(Bob, "3", replyTo: hidden.Id);

        Assert.Equal((await SendAsync(Bob, "4", replyTo: MessageId.New(Now))).Error, toHidden.Error);
        Assert.NotNull(toHidden.Error);
        Assert.True((await SendAsync(Bob, "5", replyTo: shown.Id)).IsOk);
    }

    [Fact]
    public async Task A_repetition_with_a_reply_that_is_refused_answers_with_the_first_result()
    {
        var first = (await SendAsync(Alice, "1")).Value;

        var again = await SendAsync(Alice, "1", replyTo: MessageId.New(Now));

        Assert.Equal(first with { Duplicate = true }, again.Value);
    }

    [Fact]
    public async Task What_a_limit_of_the_log_refuses_is_not_sent_and_repetitions_are_answered_all_the_same()
    {
        var first = (await SendAsync(Alice, $"{Guid.CreateVersion7(Now)}")).Value;
        _clock.Advance(UuidTimeRates.Near + TimeSpan.FromSeconds(1));
        var admitted = 0;
        while (_rates.Admit(Alice, $"{Guid.CreateVersion7(Now)}", _clock.GetUtcNow()) is null)
            admitted++;

        // One more is admitted where ten seconds have just passed.
        var refused = await SendAsync(Alice, $"{Guid.CreateVersion7(Now)}");
        while (refused.Error is null)
            refused = await SendAsync(Alice, $"{Guid.CreateVersion7(Now)}");
        var repeated = await SendAsync(Alice, (await StoredAsync(AliceAndBob))[0].ClientMsgId);

        Assert.InRange(admitted, UuidTimeRates.Burst, 2 * UuidTimeRates.Burst);
        Assert.Equal((ErrorCodes.RateLimited, UuidTimeRates.Period), (refused.Error!.Code, refused.Error.RetryAfter));
        Assert.Equal(first with { Duplicate = true }, repeated.Value);
        Assert.Null((await SendAsync(Alice, $"{Guid.CreateVersion7(_clock.GetUtcNow())}")).Error);
        Assert.Null((await SendAsync(Alice, "of no time")).Error);
        Assert.Null((await SendAsync(Bob, $"{Guid.CreateVersion7(Now)}")).Error);
    }

    [Fact]
    public async Task New_direct_conversations_are_begun_at_a_rate_and_in_those_that_are_there_it_does_not_count()
    {
        _mediator.Answer<GetMembership, Membership?>(_ => new Membership(SeqNo.None, SeqNo.None));
        for (var n = 0; n < 3; n++)
            Assert.True((await SendAsync(Alice, $"{n}", With(n))).IsOk);

        var refused = await SendAsync(Alice, "3", With(3));

        Assert.Equal((ErrorCodes.RateLimited, TimeSpan.FromSeconds(20)), (refused.Error?.Code, refused.Error?.RetryAfter));
        Assert.Empty(await StoredAsync(With(3)));
        Assert.True((await SendAsync(Alice, "4", With(0))).IsOk);
        Assert.True((await SendAsync(Alice, "5", Team)).IsOk);
        Assert.True((await SendAsync(Alice, "0", With(9))).Value.Duplicate);
        Assert.True((await SendAsync(Bob, "1", ConversationId.Direct(Bob, Carol))).IsOk);
        _clock.Advance(TimeSpan.FromSeconds(20));
        Assert.True((await SendAsync(Alice, "3", With(3))).IsOk);
    }

    [Fact]
    public async Task A_user_begins_so_many_direct_conversations_and_those_that_others_begin_do_not_count()
    {
        _mediator.Answer<GetMembership, Membership?>(_ => new Membership(SeqNo.None, SeqNo.None));
        for (var n = 0; n < 20; n++)
            Assert.True((await SendAsync(UserId.Parse($"user{n}"), "to alice", With(n))).IsOk);
        for (var n = 0; n < 20; n++)
            Assert.True((await SendAsync(Alice, $"answer {n}", With(n))).IsOk);
        for (var n = 20; n < 25; n++)
        {
            _clock.Advance(TimeSpan.FromMinutes(1));
            Assert.True((await SendAsync(Alice, $"{n}", With(n))).IsOk);
        }

        _clock.Advance(TimeSpan.FromMinutes(1));
        Assert.Equal(MessagingErrors.TooManyDirects(5), (await SendAsync(Alice, "25", With(25))).Error);
        Assert.True((await SendAsync(Alice, "26", With(24))).IsOk);
        Assert.True((await SendAsync(UserId.Parse("user25"), "to alice", With(25))).IsOk);
        Assert.True((await SendAsync(Alice, "25", With(25))).IsOk);
    }

    // On a thread of its own each: those that come together must not count as conversations that are there.
    [Fact]
    public async Task First_messages_that_come_together_are_all_refused_where_no_more_may_be_begun()
    {
        _mediator.Answer<GetMembership, Membership?>(_ => new Membership(SeqNo.None, SeqNo.None));
        for (var n = 0; n < 5; n++)
        {
            _clock.Advance(TimeSpan.FromMinutes(1));
            Assert.True((await SendAsync(Alice, $"{n}", With(n))).IsOk);
        }
        for (var round = 5; round < 25; round++)
        {
            _clock.Advance(TimeSpan.FromMinutes(1));
            var together = await Task.WhenAll(Enumerable.Range(0, 8).Select(n => Task.Run(() => SendAsync(Alice, $"{round} {n}", With(round)))));

            Assert.All(together, sent => Assert.False(sent.IsOk));
        }
    }

    [Fact]
    public async Task So_many_are_begun_with_a_user_by_others_and_then_strangers_are_refused_as_over_a_rate_and_nobody_else()
    {
        _mediator.Answer<GetMembership, Membership?>(_ => new Membership(SeqNo.None, SeqNo.None));
        for (var n = 0; n < 100; n++)
            Assert.True((await SendAsync(UserId.Parse($"user{n}"), "to alice", With(n))).IsOk);

        var refused = await SendAsync(UserId.Parse("user100"), "to alice", With(100));

        foreach (var n in Enumerable.Range(0, 3))
            Assert.True((await SendAsync(Bob, $"{n}", ConversationId.Direct(Bob, UserId.Parse($"friend{n}")))).IsOk);
        Assert.Equal((await SendAsync(Bob, "3", ConversationId.Direct(Bob, UserId.Parse("friend3")))).Error, refused.Error);
        Assert.Empty(await StoredAsync(With(100)));
        Assert.True((await SendAsync(UserId.Parse("user7"), "again", With(7))).IsOk);
        Assert.True((await SendAsync(Alice, "answer", With(7))).IsOk);
        Assert.True((await SendAsync(Alice, "mine", With(100))).IsOk);
        Assert.True((await SendAsync(UserId.Parse("user100"), "answer", With(100))).IsOk);
    }

    [Fact]
    public async Task A_message_has_its_files_as_they_were_described_and_as_the_sender_calls_them()
    {
        var (picture, voice) = (Describe("image/png", "a.png"), Describe("audio/ogg", name: null));
        MediaAttachment? asked = null;
        _attachments.Answer(command => AsResult(asked = command, picture, voice));

        var sent = await SendMediaAsync("1", new MediaReference(picture.Id, Name: "b.png"), new MediaReference(voice.Id, Voice: true, new byte[] { 1, 2 }));

        Assert.True(sent.IsOk);
        Assert.Equal(
            [
                new MessageMedia(picture.Id, "image/png", 5) { Name = "b.png", Width = 3, Height = 2, Blurhash = "L", Thumbnail = true },
                new MessageMedia(voice.Id, "audio/ogg", 5) { Width = 3, Height = 2, Blurhash = "L", Thumbnail = true, Voice = true, Waveform = new byte[] { 1, 2 } },
            ],
            Assert.Single(await StoredAsync(AliceAndBob)).Content.Media);
        Assert.Equal((Alice.Phone(), "1", AliceAndBob), (asked!.Sender, asked.ClientMsgId, asked.To));
        Assert.Equal([picture.Id, voice.Id], asked.Media);
    }

    // It would show "photo<U+202E>gpj.exe" as photoexe.jpg.
    [Theory]
    [InlineData("photo\u202Egpj.exe", "photogpj.exe")]
    [InlineData("\u2067\u061C\u200F", "a.png")]
    [InlineData("שלום\u200F.png", "שלום.png")]
    public async Task A_file_is_called_nothing_that_turns_the_direction_of_writing(string given, string kept)
    {
        var picture = Describe("image/png", "a.png");
        _attachments.Answer(command => AsResult(command, picture));

        Assert.True((await SendMediaAsync("1", new MediaReference(picture.Id, Name: given))).IsOk);

        Assert.Equal(kept, Assert.Single(Assert.Single(await StoredAsync(AliceAndBob)).Content.Media).Name);
    }

    [Fact]
    public async Task A_message_with_a_file_that_is_refused_is_not_stored()
    {
        _attachments.Answer(_ => MediaErrors.NotFound);

        Assert.Equal(MediaErrors.NotFound, (await SendMediaAsync("1", new MediaReference(MediaId.New(Now)))).Error);
        Assert.Empty(await StoredAsync(AliceAndBob));
    }

    [Fact]
    public async Task A_repetition_is_answered_with_the_first_result_and_attaches_nothing()
    {
        var file = Describe("image/png", "a.png");
        _attachments.Answer(command => AsResult(command, file));
        var first = await SendMediaAsync("1", new MediaReference(file.Id));
        _attachments.Answer(_ => throw new InvalidOperationException("Nothing is attached for a repetition."));

        var again = await SendMediaAsync("1", new MediaReference(file.Id));
        _members = [];
        var afterLeaving = await SendMediaAsync("1", new MediaReference(MediaId.New(Now)));

        Assert.Equal([first.Value with { Duplicate = true }, first.Value with { Duplicate = true }], [again.Value, afterLeaving.Value]);
        Assert.Single(await StoredAsync(AliceAndBob));
    }

    [Fact]
    public async Task A_device_s_messages_keep_their_order_though_one_s_files_take_time()
    {
        var file = Describe("image/png", "a.png");
        var attached = new TaskCompletionSource<Result<IReadOnlyList<MediaDescription>>>();
        _attachments.AnswerLater(_ => attached.Task);

        var withFile = SendMediaAsync("1", new MediaReference(file.Id));
        var behind = SendAsync(Alice, "2");
        attached.SetResult(new[] { file });

        Assert.Equal((1, 2), ((await withFile).Value.SeqNo.Value, (await behind).Value.SeqNo.Value));
    }

    private static MediaDescription Describe(string contentType, string? name) => new(MediaId.New(Now), contentType, 5, name, 3, 2, null, "L", HasThumbnail: true);

    private static Result<IReadOnlyList<MediaDescription>> AsResult(MediaAttachment command, params MediaDescription[] descriptions) =>
        command.Media.Select(id => descriptions.Single(one => one.Id == id)).ToArray();

    private Task<Result<SentMessage>> SendMediaAsync(string clientMsgId, params MediaReference[] media) =>
        _handler.Handle(new SendMessage(AliceAndBob, Alice.Phone(), clientMsgId, new MessageContent(default), media), Ct);

    private static ConversationId With(int n) => ConversationId.Direct(Alice, UserId.Parse($"user{n}"));

    private Task<Result<SentMessage>> SendAsync(
        UserId sender, string clientMsgId, ConversationId? to = null, string text = "hello", MessageId? replyTo = null) =>
        _handler.Handle(new SendMessage(to ?? AliceAndBob, sender.Phone(), clientMsgId, MessageContent.Of(text, replyTo)), Ct);

    private async Task<IReadOnlyList<LoggedMessage>> StoredAsync(ConversationId conversation) =>
        await _log.Log.ReadAfterAsync(conversation, SeqNo.None, 100, Ct);
}
