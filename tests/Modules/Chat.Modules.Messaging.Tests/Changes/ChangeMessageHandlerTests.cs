using Chat.BuildingBlocks.Errors;
using Chat.BuildingBlocks.Ids;
using Chat.BuildingBlocks.Text;
using Chat.Modules.Groups.Contracts;
using Chat.Modules.Messaging.Changes;
using Chat.Modules.Messaging.Contracts;
using Chat.Modules.Messaging.Sending;
using Chat.Modules.Messaging.Tests.Log;
using Chat.Modules.Messaging.Tests.Sending;
using Chat.Testing;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Time.Testing;
using static Chat.Modules.Messaging.Tests.Words;

namespace Chat.Modules.Messaging.Tests.Changes;

public sealed class ChangeMessageHandlerTests : IDisposable
{
    private readonly TemporaryLog _log = new();
    private readonly TestMeters _meters = new();
    private readonly FakeMediator _mediator = new();
    private readonly FakeAttachments _attachments = new();
    private readonly FakeTimeProvider _clock = new(Now);
    private readonly Dictionary<(ConversationId, UserId), Membership> _members = new()
    {
        [(AliceAndBob, Alice)] = All, [(AliceAndBob, Bob)] = All, [(Team, Alice)] = All, [(Team, Bob)] = All, [(Team, Carol)] = All,
    };

    private readonly ChangeMessageHandler _handler;
    private readonly ChangedMessages _messages;
    private int _number;

    public ChangeMessageHandlerTests()
    {
        _mediator.Answer<GetMembershipAsReader, Membership?>(query => _members.GetValueOrDefault((query.Conversation, query.User)));
        _mediator.Answer<GetMembership, Membership?>(query => _members.GetValueOrDefault((query.Conversation, query.User)));
        _mediator.Answer<GetRole, GroupRole?>(query => query.User == Alice ? GroupRole.Owner : GroupRole.Member);
        var answers = new AppendedPublisher(_mediator);
        var options = Options.Create(new MessagingOptions { MaxTextBytes = 20 });
        _handler = new ChangeMessageHandler(
            _log.Log, _mediator, answers, Appends.To(_log.Log, answers, _meters, _clock), new MentionRules(_mediator, options), _attachments, new MessagingMetrics(_meters, _clock), options, _clock);
        _messages = new ChangedMessages(_log.Log, _mediator);
    }

    private static Membership All { get; } = new(SeqNo.None, SeqNo.None);

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    public void Dispose()
    {
        _log.Dispose();
        _meters.Dispose();
    }

    [Fact]
    public async Task A_change_is_stored_answered_with_its_place_and_told_once()
    {
        var message = await SayAsync(Alice);
        var command = Edit(message, Alice, "new") with { BasedOn = SeqNo.None, Seen = new SeqNo(1), ClientMsgId = "edit" };

        var sent = (await _handler.Handle(command, Ct)).Value;
        var again = (await _handler.Handle(command with { Text = Utf8Text.Of("another") }, Ct)).Value;

        var stored = (await _log.Log.ReadAtAsync(AliceAndBob, [sent.SeqNo], Ct))[0]!;
        var content = MessageContent.Of("new") with
        {
            Kind = MessageKind.Edit, Seen = new SeqNo(1), Change = new MessageChange(Folding.TargetOf(message)) { BasedOn = SeqNo.None }, PreviousMessage = message.SeqNo,
        };
        Assert.Equal(new LoggedMessage(sent.Id, AliceAndBob, new SeqNo(2), Alice.Phone(), "edit", content, Now), stored);
        Assert.Equal(sent with { Duplicate = true }, again);
        Assert.Equal([new MessageAppended(stored, message.SeqNo)], _mediator.Published);
    }

    [Fact]
    public async Task An_edit_of_the_mentions_alone_is_one_and_one_without_leaves_them()
    {
        var message = await SayAsync(Alice);
        var mention = await _handler.Handle(Edit(message, Alice, "hello") with { Mentions = Mentions.Of([Bob]) }, Ct);
        await _handler.Handle(Edit(message, Alice, "another"), Ct);

        Assert.True(mention.IsOk);
        Assert.Equal(Mentions.Of([Bob]), (await _log.Log.ReadAtAsync(AliceAndBob, [message.SeqNo], Ct))[0]!.ShownMentions);
        Assert.Equal(MessagingErrors.TextUnchanged, await RefusalAsync(Edit(message, Alice, "another") with { Mentions = Mentions.Of([Bob]) }));
        Assert.Equal(ErrorCodes.BadRequest, (await RefusalAsync(Edit(message, Alice, "hi") with { Mentions = Mentions.Of([Carol]) })).Code);
        Assert.True((await _handler.Handle(Edit(message, Alice, "another") with { Mentions = Mentions.None }, Ct)).IsOk);
        Assert.True((await _log.Log.ReadAtAsync(AliceAndBob, [message.SeqNo], Ct))[0]!.ShownMentions.IsEmpty);
    }

    [Fact]
    public async Task Who_deletes_a_message_of_a_thread_takes_it_from_the_count()
    {
        var root = await SayAsync(Alice);
        var answer = (await _log.Log.AppendAsync(Draft(AliceAndBob, Bob, "in") with { Content = MessageContent.Of("in") with { Thread = Folding.TargetOf(root) } }, Ct)).Message;

        var sent = (await _handler.Handle(Delete(answer, Bob), Ct)).Value;

        var read = await _log.Log.ReadAtAsync(AliceAndBob, [root.SeqNo, sent.SeqNo], Ct);
        Assert.Equal(new MessageThread(0, answer.SeqNo, [Bob]), read[0]!.State!.Thread);
        Assert.Equal(Folding.TargetOf(root), read[1]!.Content.Thread);
    }

    [Fact]
    public async Task What_is_so_already_is_answered_with_the_entry_that_made_it_so()
    {
        var message = await SayAsync(Alice);
        var first = (await _handler.Handle(React(message, Bob, "\u2764"), Ct)).Value;

        var again = (await _handler.Handle(React(message, Bob, "\u2764\uFE0F"), Ct)).Value;

        Assert.Equal(first with { Duplicate = true }, again);
        Assert.Equal(["\u2764\uFE0F"], (await _log.Log.ReadOwnReactionsAsync(AliceAndBob, [message.SeqNo], Bob, Ct))[message.SeqNo]);
    }

    [Fact]
    public async Task What_one_device_does_is_judged_in_its_order_though_it_does_not_wait_for_answers()
    {
        var message = await SayAsync(Alice);

        var changes = Enumerable.Range(0, 10).Select(n => _handler.Handle(React(message, Bob, "👍") with { On = n % 2 == 0 }, Ct)).ToList();

        Assert.Equal(Enumerable.Range(2, 10), (await Task.WhenAll(changes)).Select(change => (int)change.Value.SeqNo.Value));
    }

    [Fact]
    public async Task What_is_not_there_elsewhere_or_not_to_be_seen_looks_the_same()
    {
        var message = await SayAsync(Alice);
        var inTeam = await SayAsync(Bob, Team);
        var erased = await SayAsync(Alice);
        await _log.Log.EraseContentAsync(AliceAndBob, erased.SeqNo, Ct);
        _members[(Team, Carol)] = new Membership(SeqNo.None, inTeam.SeqNo);

        ChangeMessage[] commands =
        [
            React(message, Carol, "👍"),
            React(message with { Id = MessageId.New(Now) }, Bob, "👍"),
            React(message with { Conversation = Team }, Bob, "👍"),
            React(inTeam, Carol, "👍"),
            React(erased, Bob, "👍"),
            React(message, Carol, "no emoji"),
        ];
        foreach (var command in commands)
            Assert.Equal(MessagingErrors.NotAMember, (await _handler.Handle(command, Ct)).Error);
    }

    [Fact]
    public async Task Of_several_refusals_the_first_by_the_protocol_is_named()
    {
        var message = await SayAsync(Alice);
        var reaction = (await _handler.Handle(React(message, Bob, "👍"), Ct)).Value;
        var tooLong = new string('x', 21);

        Assert.Equal(MessagingErrors.TargetIsChange, await RefusalAsync(Edit(message with { Id = reaction.Id }, Alice, tooLong)));
        Assert.Equal(MessagingErrors.NotYours, await RefusalAsync(Edit(message, Bob, tooLong)));
        Assert.Equal(MessagingErrors.NotYours, await RefusalAsync(Delete(message, Bob)));
        Assert.Equal(ErrorCodes.TooLarge, (await RefusalAsync(Edit(message, Alice, tooLong))).Code);
        Assert.Equal(ErrorCodes.BadRequest, (await RefusalAsync(Edit(message, Alice, ""))).Code);
        Assert.Equal(MessagingErrors.TextUnchanged, await RefusalAsync(Edit(message, Alice, "hello")));
        Assert.Equal(ErrorCodes.BadRequest, (await RefusalAsync(Edit(message, Alice, "") with { Text = new Utf8Text(new byte[] { 0xC3 }) })).Code);
        Assert.Equal(ErrorCodes.BadRequest, (await RefusalAsync(React(message, Bob, "👍👍"))).Code);
        Assert.Equal(MessagingErrors.NothingToTakeBack, await RefusalAsync(React(message, Alice, "👍") with { On = false }));

        _clock.Advance(TimeSpan.FromDays(1) + TimeSpan.FromMilliseconds(1));
        Assert.Equal(ErrorCodes.TooLate, (await RefusalAsync(Edit(message, Alice, tooLong))).Code);
        Assert.Equal(MessagingErrors.NotYours, await RefusalAsync(Edit(message, Bob, "new")));
        Assert.True((await _handler.Handle(Delete(message, Alice), Ct)).IsOk);
        Assert.Equal(MessagingErrors.MessageDeleted, await RefusalAsync(Edit(message, Alice, tooLong)));
        Assert.Equal(MessagingErrors.MessageDeleted, await RefusalAsync(React(message, Alice, "no emoji")));
    }

    [Fact]
    public async Task A_message_is_deleted_within_its_time_by_its_sender_and_always_by_who_leads_the_group()
    {
        var (bobs, alices) = (await SayAsync(Bob, Team), await SayAsync(Alice, Team));
        var another = await SayAsync(Bob, Team);
        Assert.Equal(MessagingErrors.NotYours, await RefusalAsync(Delete(bobs, Carol)));
        _clock.Advance(TimeSpan.FromDays(2));
        Assert.True((await _handler.Handle(Delete(another, Bob), Ct)).IsOk);
        _clock.Advance(TimeSpan.FromMilliseconds(1));

        Assert.Equal(ErrorCodes.TooLate, (await RefusalAsync(Delete(bobs, Bob))).Code);
        var first = (await _handler.Handle(Delete(bobs, Alice), Ct)).Value;
        Assert.Equal(first with { Duplicate = true }, (await _handler.Handle(Delete(bobs, Bob), Ct)).Value);
        Assert.True((await _handler.Handle(Delete(alices, Alice), Ct)).IsOk);
    }

    [Fact]
    public async Task The_files_of_a_deleted_message_are_let_go_and_its_text_may_become_empty()
    {
        var media = new MessageMedia(MediaId.New(Now), "image/png", 5);
        var draft = Draft(AliceAndBob, Alice, "file") with { Content = MessageContent.Of("look") with { Media = [media] } };
        var message = (await _log.Log.AppendAsync(draft, Ct)).Message;

        Assert.True((await _handler.Handle(Edit(message, Alice, ""), Ct)).IsOk);
        Assert.Empty(_attachments.Released);
        Assert.True((await _handler.Handle(Delete(message, Alice), Ct)).IsOk);
        Assert.Equal([media.Id], _attachments.Released);
    }

    [Fact]
    public async Task A_retry_is_answered_with_the_first_result_whatever_has_changed_since()
    {
        var message = await SayAsync(Alice);
        var on = React(message, Bob, "👍") with { ClientMsgId = "on" };
        var first = (await _handler.Handle(on, Ct)).Value;
        await _handler.Handle(React(message, Bob, "👍") with { On = false }, Ct);
        await _handler.Handle(React(message, Bob, "👍"), Ct);
        Assert.Equal(first with { Duplicate = true }, (await _handler.Handle(on, Ct)).Value);

        await _handler.Handle(Delete(message, Alice), Ct);
        _members.Clear();

        Assert.Equal(first with { Duplicate = true }, (await _handler.Handle(on, Ct)).Value);
    }

    [Theory]
    [InlineData("", MessageKind.Edit, false)]
    [InlineData("é", MessageKind.Edit, false)]
    [InlineData("1", MessageKind.Message, false)]
    [InlineData("1", MessageKind.Erased, false)]
    [InlineData("1", MessageKind.Timer, false)]
    [InlineData("1", MessageKind.Pin, true)]
    public void What_is_malformed_whatever_the_message_is_is_refused_at_once(string clientMsgId, MessageKind kind, bool isValid) =>
        Assert.Equal(isValid, new ChangeMessageValidator().Validate(new ChangeMessage(AliceAndBob, Alice.Phone(), clientMsgId, MessageId.New(Now), kind)).IsValid);

    [Fact]
    public async Task A_message_is_shown_in_its_state_with_what_its_reader_has_set()
    {
        var message = await SayAsync(Alice);
        await _handler.Handle(React(message, Bob, "👍"), Ct);
        var edit = (await _handler.Handle(Edit(message, Alice, "new"), Ct)).Value;
        var get = new GetMessageHandler(_messages);

        var bobs = (await get.Handle(new GetMessage(Bob.Phone(), AliceAndBob, message.Id), Ct)).Value;
        var alices = (await get.Handle(new GetMessage(Alice.Phone(), AliceAndBob, message.Id), Ct)).Value;

        Assert.Equal(("new", new SeqNo(3)), ($"{bobs.Message.ShownText}", bobs.Message.State!.ChangedSeqNo));
        Assert.Equal(["👍"], bobs.Mine);
        Assert.Empty(alices.Mine);
        Assert.Equal(MessagingErrors.TargetIsChange, (await get.Handle(new GetMessage(Bob.Phone(), AliceAndBob, edit.Id), Ct)).Error);
        Assert.Equal(MessagingErrors.NotAMember, (await get.Handle(new GetMessage(Carol.Phone(), AliceAndBob, message.Id), Ct)).Error);
        Assert.Equal(MessagingErrors.NotAMember, (await get.Handle(new GetMessage(Bob.Phone(), Team, message.Id), Ct)).Error);
    }

    [Fact]
    public async Task Who_has_reacted_comes_in_pages()
    {
        var message = await SayAsync(Alice, Team);
        foreach (var user in new[] { Alice, Bob, Carol })
            await _handler.Handle(React(message, user, "👍"), Ct);
        await _handler.Handle(React(message, Bob, "❤️"), Ct);
        var get = new GetReactionsHandler(_log.Log, _messages);

        var found = new List<(UserId, string)>();
        string? cursor = null;
        do
        {
            var page = (await get.Handle(new GetReactions(Bob.Phone(), Team, message.Id, null, 2, cursor), Ct)).Value;
            found.AddRange(page.Reactions.Select(reaction => (reaction.User, reaction.Emoji)));
            cursor = page.Next;
        }
        while (cursor is not null);
        Assert.Equal([(Alice, "👍"), (Bob, "❤️"), (Bob, "👍"), (Carol, "👍")], found);
        Assert.Equal([Bob], (await get.Handle(new GetReactions(Bob.Phone(), Team, message.Id, "\u2764", 10, null), Ct)).Value.Reactions.Select(reaction => reaction.User));
        foreach (var query in new[]
        {
            new GetReactions(Bob.Phone(), Team, message.Id, null, 0, null), new GetReactions(Bob.Phone(), Team, message.Id, "x", 1, null),
            new GetReactions(Bob.Phone(), Team, message.Id, null, 1, "!"), new GetReactions(Bob.Phone(), Team, message.Id, null, 1, "eA"),
        })
            Assert.Equal(ErrorCodes.BadRequest, (await get.Handle(query, Ct)).Error?.Code);
    }

    [Fact]
    public async Task The_texts_of_a_message_are_listed_until_it_is_deleted()
    {
        var message = await SayAsync(Alice);
        await _handler.Handle(Edit(message, Alice, "second"), Ct);
        await _handler.Handle(Edit(message, Alice, "third") with { BasedOn = SeqNo.None }, Ct);
        var get = new GetEditsHandler(_log.Log, _messages, Options.Create(new MessagingOptions()));
        var query = new GetEdits(Bob.Phone(), AliceAndBob, message.Id);

        Assert.Equal(
            [("hello", null), ("second", false), ("third", true)],
            (await get.Handle(query, Ct)).Value.Select(text => ($"{text.Content.Text}", text.Content.Change?.Concurrent)));
        await _handler.Handle(Delete(message, Alice), Ct);
        Assert.Equal(MessagingErrors.MessageDeleted, (await get.Handle(query, Ct)).Error);
    }

    [Fact]
    public async Task Pins_that_the_caller_may_see_are_listed()
    {
        var (first, second) = (await SayAsync(Alice, Team), await SayAsync(Alice, Team));
        await _handler.Handle(Pin(first, Bob), Ct);
        await _handler.Handle(Pin(second, Carol), Ct);
        _members[(Team, Carol)] = new Membership(SeqNo.None, first.SeqNo);
        var get = new GetPinsHandler(_log.Log, _mediator, _messages, Options.Create(new MessagingOptions()));

        Assert.Equal([second.Id, first.Id], (await get.Handle(new GetPins(Bob.Phone(), Team), Ct)).Value.Messages.Select(view => view.Message.Id));
        Assert.Equal([second.Id], (await get.Handle(new GetPins(Carol.Phone(), Team), Ct)).Value.Messages.Select(view => view.Message.Id));
        Assert.Equal(MessagingErrors.NotAMember, (await get.Handle(new GetPins(UserId.Parse("dave").Phone(), Team), Ct)).Error);
    }

    [Fact]
    public async Task Pins_come_in_pages_of_a_size_and_each_once_whatever_is_pinned_meanwhile()
    {
        var pinned = new List<MessageId>();
        for (var n = 0; n < 12; n++)
        {
            var message = (await _log.Log.AppendAsync(Draft(Team, Alice, $"long {n}", new string('x', 16_384)) with { Now = _clock.GetUtcNow() }, Ct)).Message;
            await _handler.Handle(Pin(message, Bob), Ct);
            pinned.Insert(0, message.Id);
        }
        var get = new GetPinsHandler(_log.Log, _mediator, _messages, Options.Create(new MessagingOptions { MaxPageBytes = 65_536 }));

        var found = new List<MessageId>();
        string? cursor = null;
        do
        {
            var page = (await get.Handle(new GetPins(Bob.Phone(), Team, cursor), Ct)).Value;
            Assert.InRange(page.Messages.Count, 1, 3);
            found.AddRange(page.Messages.Select(view => view.Message.Id));
            cursor = page.Next;
            await _handler.Handle(Pin(await SayAsync(Alice, Team), Bob), Ct);
        }
        while (cursor is not null);

        Assert.Equal(pinned, found);
        foreach (var wrong in new[] { "", "-1", "0", "x", "99999999999999999999" })
            Assert.Equal(ErrorCodes.BadRequest, (await get.Handle(new GetPins(Bob.Phone(), Team, wrong), Ct)).Error?.Code);
    }

    [Fact]
    public async Task Of_many_texts_the_newest_that_fit_are_listed_with_whom_they_mention()
    {
        var message = (await _log.Log.AppendAsync(Draft(Team, Alice, "first") with { Now = _clock.GetUtcNow(), Content = MessageContent.Of("first") with { Mentions = Mentions.Of([Bob]) } }, Ct)).Message;
        for (var n = 0; n < 40; n++)
            await _handler.Handle(Edit(message, Alice, $"{n}") with { Mentions = n == 35 ? Mentions.Of([Carol]) : null }, Ct);
        var all = (await new GetEditsHandler(_log.Log, _messages, Options.Create(new MessagingOptions())).Handle(new GetEdits(Bob.Phone(), Team, message.Id), Ct)).Value;
        for (var n = 0; n < 5; n++)
            await _log.Log.AppendChangeAsync(message.Edit(Alice, $"long {n}", new string((char)('a' + n), 16_000)), Ct);
        var some = (await new GetEditsHandler(_log.Log, _messages, Options.Create(new MessagingOptions { MaxPageBytes = 65_536 })).Handle(new GetEdits(Bob.Phone(), Team, message.Id), Ct)).Value;

        Assert.Equal(["first", .. Enumerable.Range(0, 40).Select(n => $"{n}")], all.Select(text => $"{text.Content.Text}"));
        Assert.Equal((Mentions.Of([Bob]), Mentions.Of([Carol]), null), (all[0].Content.Mentions, all[36].Content.Mentions, all[37].Content.Mentions));
        Assert.InRange(some.Count, 1, 4);
        Assert.Equal("abcde".TakeLast(some.Count), some.Select(text => $"{text.Content.Text}"[0]));
    }

    private async Task<LoggedMessage> SayAsync(UserId sender, ConversationId? to = null) =>
        (await _log.Log.AppendAsync(Draft(to ?? AliceAndBob, sender, $"say {++_number}") with { Now = _clock.GetUtcNow() }, Ct)).Message;

    private async Task<Error> RefusalAsync(ChangeMessage command) => (await _handler.Handle(command, Ct)).Error!;

    private ChangeMessage Edit(LoggedMessage message, UserId user, string text) => Change(message, user, MessageKind.Edit) with { Text = Utf8Text.Of(text) };

    private ChangeMessage Delete(LoggedMessage message, UserId user) => Change(message, user, MessageKind.Delete);

    private ChangeMessage React(LoggedMessage message, UserId user, string emoji) => Change(message, user, MessageKind.Reaction) with { Emoji = emoji };

    private ChangeMessage Pin(LoggedMessage message, UserId user) => Change(message, user, MessageKind.Pin);

    private ChangeMessage Change(LoggedMessage message, UserId user, MessageKind kind) => new(message.Conversation, user.Phone(), $"change {++_number}", message.Id, kind);
}
