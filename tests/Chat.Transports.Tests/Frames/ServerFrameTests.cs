using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Chat.BuildingBlocks.Errors;
using Chat.BuildingBlocks.Ids;
using Chat.BuildingBlocks.Text;
using Chat.Host.Transports.Frames;
using Chat.Host.Transports.ServerFrames;
using Chat.Host.Transports.SignalR;
using Chat.Modules.Delivery.Contracts;
using Chat.Modules.Messaging.Contracts;
using Chat.Modules.Presence.Contracts;

namespace Chat.Transports.Tests.Frames;

public sealed class ServerFrameTests
{
    private const string Uuid = "01890a5d-ac96-774b-bcce-b302099a8057";
    private const string Other = "01890a5d-ac96-774b-bcce-b302099a8058";

    private static readonly JsonSerializerOptions Relaxed = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private static readonly DateTimeOffset Now = DateTimeOffset.FromUnixTimeMilliseconds(1790000000000);
    private static readonly UserId Bob = UserId.Parse("bob");
    private static readonly DeviceAddress AlicesPhone = new(UserId.Parse("alice"), DeviceId.Parse("phone"));
    private static readonly ConversationId Conversation = ConversationId.Parse("dm:alice:bob");
    private static readonly MessageId Id = MessageId.Parse(Uuid);
    private static readonly LoggedMessage Hello = new(Id, Conversation, new SeqNo(42), AlicesPhone, "c1", MessageContent.Of("<héllo> & \"👋\"\n"), Now);
    private static readonly LoggedMessage Reply = Hello with { Id = MessageId.Parse(Other), Sender = AlicesPhone with { User = Bob }, Content = MessageContent.Of("r", Id) };

    private static readonly LoggedMessage Voice = Hello with
    {
        Content = new MessageContent(default)
        {
            Media =
            [
                new MessageMedia(MediaId.Parse(Uuid), "audio/ogg", 9_007_199_254_740_991) { DurationMs = 1_500, Voice = true, Waveform = new byte[] { 0, 255 } },
                new MessageMedia(MediaId.Parse(Other), "image/webp", 0) { Name = "ä.webp", Width = 640, Height = 480, Blurhash = "LEHV6nWB2y", Thumbnail = true },
            ],
        },
    };

    private static readonly LoggedMessage Changed = Hello with
    {
        Content = MessageContent.Of("before") with { Seen = new SeqNo(9_007_199_254_740_991) },
        State = new MessageState
        {
            ChangedSeqNo = new SeqNo(57),
            Edit = new MessageEdit(Utf8Text.Of("after"), Now, Concurrent: true),
            Reactions = [new MessageReaction(LongestEmoji, int.MaxValue, [Bob, AlicesPhone.User]), new MessageReaction("x", 1, [Bob])],
            Pin = new MessagePin(new SeqNo(50), Bob, On: true),
            Thread = new MessageThread(2, new SeqNo(56), [Bob, AlicesPhone.User]),
        },
    };

    private static readonly LoggedMessage Mentioning = Hello with
    {
        Content = MessageContent.Of("t") with { Mentions = Mentions.Of([Bob, AlicesPhone.User]), Thread = new MessageTarget(MessageId.Parse(Other), new SeqNo(1)), Forwarded = true },
    };

    private static readonly LoggedMessage Deleted = Hello.In(
        new MessageState { ChangedSeqNo = new SeqNo(57), Deletion = new MessageDeletion(AlicesPhone.User, Now, new SeqNo(57)) });

    // 10 characters of 4 bytes each.
    private const string LongestEmoji = "👋👋👋👋👋👋👋👋👋👋";

    private const string State =
        """
        "seen":9007199254740991,"editedAt":1790000000000,"concurrent":true,"reactions":[{"emoji":"\uD83D\uDC4B\uD83D\uDC4B\uD83D\uDC4B\uD83D\uDC4B\uD83D\uDC4B\uD83D\uDC4B\uD83D\uDC4B\uD83D\uDC4B\uD83D\uDC4B\uD83D\uDC4B","count":2147483647,"mine":true,"userIds":["bob","alice"]},{"emoji":"x","count":1,"userIds":["bob"]}],"pinned":true,"thread":{"count":2,"lastSeqNo":56,"userIds":["bob","alice"]},"changedSeqNo":57
        """;

    private const string Edit =
        $$$"""
        {"messageId":"{{{Other}}}","conversationId":"dm:alice:bob","seqNo":57,"senderId":"alice","timestamp":1790000000000,"kind":"edit","target":{"messageId":"{{{Uuid}}}","seqNo":42},"text":"after","concurrent":true}
        """;

    private const string Files =
        $$"""
        "media":[{"mediaId":"{{Uuid}}","contentType":"audio/ogg","size":9007199254740991,"durationMs":1500,"thumbnail":false,"voice":true,"waveform":[0,255]},{"mediaId":"{{Other}}","contentType":"image/webp","size":0,"name":"ä.webp","width":640,"height":480,"blurhash":"LEHV6nWB2y","thumbnail":true,"voice":false}]
        """;

    private static LoggedMessage InThread(LoggedMessage entry) => entry with { Content = entry.Content with { Thread = new MessageTarget(MessageId.Parse(Other), new SeqNo(1)) } };

    private static LoggedMessage Unmentioning(LoggedMessage entry) => entry with { Content = entry.Content with { Mentions = Mentions.None } };

    public static TheoryData<ServerEvent, string> Frames() => new()
    {
        { new Welcome(AlicesPhone, Now, "e1"), """{"type":"welcome","userId":"alice","deviceId":"phone","serverTime":1790000000000,"epoch":"e1"}""" },
        { new SentAck(new SentMessage(Id, Conversation, new SeqNo(42), Now, Duplicate: true), "c1"),
            $$"""{"type":"ack","clientMsgId":"c1","messageId":"{{Uuid}}","conversationId":"dm:alice:bob","seqNo":42,"timestamp":1790000000000,"status":"sent"}""" },
        { new MessageEvent(Hello, toSender: false),
            $$"""{"type":"message","messageId":"{{Uuid}}","conversationId":"dm:alice:bob","seqNo":42,"senderId":"alice","text":"<héllo> & \"\uD83D\uDC4B\"\n","timestamp":1790000000000}""" },
        { new MessageEvent(Hello with { Content = MessageContent.Of("t") }, toSender: true),
            $$"""{"type":"message","messageId":"{{Uuid}}","conversationId":"dm:alice:bob","seqNo":42,"senderId":"alice","text":"t","timestamp":1790000000000,"clientMsgId":"c1"}""" },
        { new MessageEvent(Reply, toSender: false),
            $$"""{"type":"message","messageId":"{{Other}}","conversationId":"dm:alice:bob","seqNo":42,"senderId":"bob","text":"r","timestamp":1790000000000,"replyTo":"{{Uuid}}"}""" },
        { new MessageEvent(Mentioning, toSender: false),
            $$"""{"type":"message","messageId":"{{Uuid}}","conversationId":"dm:alice:bob","seqNo":42,"senderId":"alice","text":"t","timestamp":1790000000000,"mentions":["bob","alice"],"threadId":"{{Other}}","threadSeqNo":1,"forwarded":true}""" },
        { new MessageEvent(Mentioning with { Content = MessageContent.Of("t") with { Mentions = Mentions.All } }, toSender: false),
            $$"""{"type":"message","messageId":"{{Uuid}}","conversationId":"dm:alice:bob","seqNo":42,"senderId":"alice","text":"t","timestamp":1790000000000,"mentions":["@all"]}""" },
        { new MessageEvent(Hello with { Content = MessageContent.Of("t") with { ExpiresAt = Now.AddDays(1) } }, toSender: false),
            $$"""{"type":"message","messageId":"{{Uuid}}","conversationId":"dm:alice:bob","seqNo":42,"senderId":"alice","text":"t","timestamp":1790000000000,"expiresAt":1790086400000}""" },
        { new MessageEvent(Voice, toSender: false),
            $$"""{"type":"message","messageId":"{{Uuid}}","conversationId":"dm:alice:bob","seqNo":42,"senderId":"alice","text":"","timestamp":1790000000000,{{Files}}}""" },
        { new PageAnswer(new MessagePage(Conversation, [Voice], new SeqNo(42), null, new SeqNo(42)), Bob),
            $$"""{"type":"page","conversationId":"dm:alice:bob","messages":[{"messageId":"{{Uuid}}","conversationId":"dm:alice:bob","seqNo":42,"senderId":"alice","text":"","timestamp":1790000000000,{{Files}}}],"nextAfter":42,"maxSeqNo":42}""" },
        { new MessageEvent(Changed, toSender: true) { Mine = [LongestEmoji] },
            $$"""{"type":"message","messageId":"{{Uuid}}","conversationId":"dm:alice:bob","seqNo":42,"senderId":"alice","text":"after","timestamp":1790000000000,{{State}},"clientMsgId":"c1"}""" },
        { new MessageEvent(Deleted, toSender: true),
            $$$"""{"type":"message","messageId":"{{{Uuid}}}","conversationId":"dm:alice:bob","seqNo":42,"senderId":"alice","timestamp":1790000000000,"deleted":{"by":"alice","at":1790000000000},"changedSeqNo":57,"clientMsgId":"c1"}""" },
        { new ChangeEvent(ChangeOf(MessageKind.Edit, "after", new MessageChange(Target) { Concurrent = true }), toSender: false), $$"""{"type":"change",{{Edit[1..]}}""" },
        { new ChangeEvent(InThread(ChangeOf(MessageKind.Delete, "", new MessageChange(Target))), toSender: false),
            $$$"""{"type":"change","messageId":"{{{Other}}}","conversationId":"dm:alice:bob","seqNo":57,"senderId":"alice","timestamp":1790000000000,"kind":"delete","target":{"messageId":"{{{Uuid}}}","seqNo":42},"threadId":"{{{Other}}}","threadSeqNo":1}""" },
        { new ChangeEvent(Unmentioning(ChangeOf(MessageKind.Edit, "after", new MessageChange(Target))), toSender: false),
            $$$"""{"type":"change","messageId":"{{{Other}}}","conversationId":"dm:alice:bob","seqNo":57,"senderId":"alice","timestamp":1790000000000,"kind":"edit","target":{"messageId":"{{{Uuid}}}","seqNo":42},"text":"after","mentions":[]}""" },
        { new ChangeEvent(ChangeOf(MessageKind.Delete, "", new MessageChange(Target)), toSender: true),
            $$$"""{"type":"change","messageId":"{{{Other}}}","conversationId":"dm:alice:bob","seqNo":57,"senderId":"alice","timestamp":1790000000000,"kind":"delete","target":{"messageId":"{{{Uuid}}}","seqNo":42},"clientMsgId":"c1"}""" },
        { new ChangeEvent(ChangeOf(MessageKind.Reaction, "", new MessageChange(Target) { Emoji = "x", On = true }), toSender: false),
            $$$"""{"type":"change","messageId":"{{{Other}}}","conversationId":"dm:alice:bob","seqNo":57,"senderId":"alice","timestamp":1790000000000,"kind":"react","target":{"messageId":"{{{Uuid}}}","seqNo":42},"emoji":"x","on":true}""" },
        { new ChangeEvent(ChangeOf(MessageKind.Pin, "", new MessageChange(Target)), toSender: false),
            $$$"""{"type":"change","messageId":"{{{Other}}}","conversationId":"dm:alice:bob","seqNo":57,"senderId":"alice","timestamp":1790000000000,"kind":"pin","target":{"messageId":"{{{Uuid}}}","seqNo":42},"on":false}""" },
        { new ChangeEvent(ChangeOf(MessageKind.Timer, "", new MessageChange(Target)) with { Content = new MessageContent(default) { Kind = MessageKind.Timer, TimerSeconds = 86_400 } }, toSender: true),
            $$$"""{"type":"change","messageId":"{{{Other}}}","conversationId":"dm:alice:bob","seqNo":57,"senderId":"alice","timestamp":1790000000000,"kind":"timer","seconds":86400,"clientMsgId":"c1"}""" },
        { new ChangeEvent(NoticeOf(new ConversationNotice(ConversationNotice.MemberAdded) { Users = [UserId.Parse("bob"), UserId.Parse("carol")] }), toSender: true),
            $$$"""{"type":"change","messageId":"{{{Other}}}","conversationId":"dm:alice:bob","seqNo":57,"senderId":"alice","timestamp":1790000000000,"kind":"notice","what":"memberAdded","userIds":["bob","carol"]}""" },
        { new ChangeEvent(NoticeOf(new ConversationNotice(ConversationNotice.RoleChanged) { User = UserId.Parse("bob"), Value = "admin" }), toSender: false),
            $$$"""{"type":"change","messageId":"{{{Other}}}","conversationId":"dm:alice:bob","seqNo":57,"senderId":"alice","timestamp":1790000000000,"kind":"notice","what":"roleChanged","userId":"bob","value":"admin"}""" },
        {
            new PageAnswer(
                new MessagePage(Conversation, [Changed], new SeqNo(57), null, new SeqNo(57))
                {
                    Changes = [ChangeOf(MessageKind.Edit, "after", new MessageChange(Target) { Concurrent = true })],
                    Mine = new Dictionary<SeqNo, IReadOnlyList<string>> { [new SeqNo(42)] = [LongestEmoji] },
                },
                Bob),
            $$"""{"type":"page","conversationId":"dm:alice:bob","messages":[{"messageId":"{{Uuid}}","conversationId":"dm:alice:bob","seqNo":42,"senderId":"alice","text":"after","timestamp":1790000000000,{{State}}}],"changes":[{{Edit}}],"nextAfter":57,"maxSeqNo":57}"""
        },
        { new ReceiptEvent(Conversation, Id, new SeqNo(42), Bob, AckStatus.Delivered),
            $$"""{"type":"ack","conversationId":"dm:alice:bob","messageId":"{{Uuid}}","seqNo":42,"userId":"bob","status":"delivered"}""" },
        { new ReceiptEvent(Conversation, Id, new SeqNo(42), Bob, AckStatus.Read),
            $$"""{"type":"ack","conversationId":"dm:alice:bob","messageId":"{{Uuid}}","seqNo":42,"userId":"bob","status":"read"}""" },
        { new TypingEvent(Conversation, Bob, active: true), """{"type":"typing","conversationId":"dm:alice:bob","userId":"bob","active":true}""" },
        { new PresenceEvent(new PresenceState(Bob, Online: false, Now)), """{"type":"presence","userId":"bob","online":false,"lastSeen":1790000000000}""" },
        { new PresenceEvent(new PresenceState(Bob, Online: true, null)), """{"type":"presence","userId":"bob","online":true}""" },
        { new PageAnswer(new MessagePage(Conversation, [Hello with { Content = MessageContent.Of("t") }, Reply], new SeqNo(141), null, new SeqNo(200)), Bob),
            $$"""{"type":"page","conversationId":"dm:alice:bob","messages":[{"messageId":"{{Uuid}}","conversationId":"dm:alice:bob","seqNo":42,"senderId":"alice","text":"t","timestamp":1790000000000},{"messageId":"{{Other}}","conversationId":"dm:alice:bob","seqNo":42,"senderId":"bob","text":"r","timestamp":1790000000000,"replyTo":"{{Uuid}}","clientMsgId":"c1"}],"nextAfter":141,"maxSeqNo":200}""" },
        { new PageAnswer(new MessagePage(Conversation, [], SeqNo.None, null, SeqNo.None), Bob),
            """{"type":"page","conversationId":"dm:alice:bob","messages":[],"nextAfter":0,"maxSeqNo":0}""" },
        { new AdvancedEvent(Conversation, new SeqNo(9001)), """{"type":"advanced","conversationId":"dm:alice:bob","maxSeqNo":9001}""" },
        { new ConversationEvent(Conversation, ConversationChange.MemberAdded, Bob),
            """{"type":"conversation","conversationId":"dm:alice:bob","change":"memberAdded","userId":"bob"}""" },
        { new ConversationEvent(Conversation, ConversationChange.MemberRemoved, Bob),
            """{"type":"conversation","conversationId":"dm:alice:bob","change":"memberRemoved","userId":"bob"}""" },
        { new ConversationEvent(Conversation, ConversationChange.RoleChanged, Bob),
            """{"type":"conversation","conversationId":"dm:alice:bob","change":"roleChanged","userId":"bob"}""" },
        { new ConversationEvent(Conversation, ConversationChange.Created, null), """{"type":"conversation","conversationId":"dm:alice:bob","change":"created"}""" },
        { new ConversationEvent(Conversation, ConversationChange.TitleChanged, null),
            """{"type":"conversation","conversationId":"dm:alice:bob","change":"titleChanged"}""" },
        { new OwnSettingsEvent(Conversation, new OwnSettingsChange(Now)), """{"type":"settings","conversationId":"dm:alice:bob","mutedUntil":1790000000000}""" },
        { new OwnSettingsEvent(Conversation, new OwnSettingsChange(DateTimeOffset.UnixEpoch)),
            """{"type":"settings","conversationId":"dm:alice:bob","mutedUntil":0}""" },
        { new OwnSettingsEvent(Conversation, new OwnSettingsChange(MutedUntil: null) { ArchivedBelow = new SeqNo(8), IsPinned = false, UnreadBelow = SeqNo.None, ClearedUpTo = new SeqNo(7), Draft = "hi" }),
            """{"type":"settings","conversationId":"dm:alice:bob","archived":true,"pinned":false,"markedUnread":false,"clearedUpTo":7,"draft":"hi"}""" },
        { new OwnSettingsEvent(Conversation, new OwnSettingsChange(MutedUntil: null) { ArchivedBelow = SeqNo.None, IsPinned = true, UnreadBelow = new SeqNo(1), Draft = "" }),
            """{"type":"settings","conversationId":"dm:alice:bob","archived":false,"pinned":true,"markedUnread":true,"draft":""}""" },
        { new Authenticated(Now), """{"type":"authenticated","expiresAt":1790000000000}""" },
        { new CaughtUpEvent(), """{"type":"caughtUp"}""" },
        { new ResyncEvent(), """{"type":"resync"}""" },
        { new GoAwayEvent(TimeSpan.FromMilliseconds(1300)), """{"type":"goAway","afterMs":1300}""" },
        { new Pong(), """{"type":"pong"}""" },
        { new ErrorAnswer(new Error(ErrorCodes.NotAMember, "No.")), """{"type":"error","code":"not_a_member","message":"No."}""" },
        { new ErrorAnswer(new Error(ErrorCodes.RateLimited, "Wait.", TimeSpan.FromSeconds(2)), "c1"),
            """{"type":"error","code":"rate_limited","message":"Wait.","clientMsgId":"c1","retryAfterMs":2000}""" },
    };

    [Theory, MemberData(nameof(Frames))]
    public void A_frame_is_this_JSON(ServerEvent @event, string json) =>
        Assert.Equal(json, Encoding.UTF8.GetString(FrameJson.Encode(@event)));

    [Theory, MemberData(nameof(Frames))]
    public void On_the_hub_it_has_the_same_fields_without_the_type_in_both_protocols(ServerEvent @event, string json)
    {
        var type = $"\"type\":\"{ServerFrameRegistry.Of(@event).Type}\"";
        var withoutType = json.Replace(type + ",", "", StringComparison.Ordinal).Replace(type, "", StringComparison.Ordinal);

        Assert.Equal(withoutType, JsonSerializer.Serialize(FrameMap.Encode(@event), Relaxed));
        Assert.Equal(withoutType, JsonSerializer.Serialize(new HubFrame(@event), Relaxed));
    }

    [Theory, MemberData(nameof(Frames))]
    public void What_a_message_or_a_page_counts_for_is_no_less_than_its_JSON(ServerEvent @event, string json)
    {
        if (@event is EntryEvent or PageAnswer)
            Assert.InRange(Encoding.UTF8.GetByteCount(json), 1, @event.Size);
    }

    [Fact]
    public void Every_event_of_Delivery_and_of_the_host_is_registered_once_and_tested_here()
    {
        var all = typeof(ServerEvent).Assembly.GetTypes().Concat(typeof(Welcome).Assembly.GetTypes())
            .Where(type => type.IsSubclassOf(typeof(ServerEvent)) && !type.IsAbstract).Select(type => type.Name).Order().ToList();

        Assert.Equal(all, ServerFrameRegistry.All.Select(frame => frame.Event.Name).Order());
        Assert.Equal(all, Frames().Select(row => row.Data.Item1.GetType().Name).Distinct().Order());
    }

    [Fact]
    public void What_cannot_be_encoded_leaves_nothing_behind_for_the_next_frame()
    {
        Assert.Throws<ArgumentException>(() => FrameJson.Encode(new Unknown()));

        Assert.Equal("""{"type":"pong"}""", Encoding.UTF8.GetString(FrameJson.Encode(new Pong())));
    }

    [Fact]
    public void A_frame_larger_than_the_kept_buffer_is_whole_and_so_is_the_next()
    {
        var text = new string('x', 300_000);

        var large = JsonDocument.Parse(FrameJson.Encode(new MessageEvent(Hello with { Content = MessageContent.Of(text) }, toSender: false)));

        Assert.Equal(text, large.RootElement.GetProperty("text").GetString());
        Assert.Equal("""{"type":"pong"}""", Encoding.UTF8.GetString(FrameJson.Encode(new Pong())));
    }

    private static MessageTarget Target { get; } = new(Id, new SeqNo(42));

    private static LoggedMessage ChangeOf(MessageKind kind, string text, MessageChange change) => Hello with
    {
        Id = MessageId.Parse(Other), SeqNo = new SeqNo(57), Content = new MessageContent(Utf8Text.Of(text)) { Kind = kind, Change = change, PreviousMessage = new SeqNo(42) },
    };

    private static LoggedMessage NoticeOf(ConversationNotice notice) => Hello with
    {
        Id = MessageId.Parse(Other), SeqNo = new SeqNo(57), Content = new MessageContent(default) { Kind = MessageKind.Notice, Notice = notice, PreviousMessage = new SeqNo(42) },
    };

    private sealed class Unknown : ServerEvent;
}
