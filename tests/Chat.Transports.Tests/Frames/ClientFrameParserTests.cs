using System.Text;
using Chat.BuildingBlocks.Errors;
using Chat.BuildingBlocks.Ids;
using Chat.BuildingBlocks.Text;
using Chat.Host.Transports.ClientFrames;
using Chat.Host.Transports.Frames;
using Chat.Modules.Delivery.Contracts;
using Chat.Modules.Messaging.Contracts;

namespace Chat.Transports.Tests.Frames;

public sealed class ClientFrameParserTests
{
    private const string Group = "g:0123456789abcdef0123456789abcdef";
    private const string Uuid = "01890a5d-ac96-774b-bcce-b302099a8057";

    private static readonly UserId Alice = UserId.Parse("alice");
    private static readonly ConversationId WithBob = ConversationId.Parse("dm:alice:bob");
    private static readonly MessageId Message = MessageId.Parse(Uuid);

    public static TheoryData<string, object> GoodFrames() => new()
    {
        { """{"type":"message","to":"dm:alice:bob","text":"hello","clientMsgId":"c 1"}""", new MessageFrame(WithBob, MessageContent.Of("hello"), "c 1", null) },
        { """{"type":"message","to":"@bob","text":"h\u0000i 👋","clientMsgId":"c"}""", new MessageFrame(WithBob, MessageContent.Of("h\0i 👋"), "c", null) },
        { """{"type":"message","to":"@bob","text":"\ud83d\udc4b","clientMsgId":"\u0063"}""", new MessageFrame(WithBob, MessageContent.Of("👋"), "c", null) },
        { $$"""{"clientMsgId":"c","lastSeenSeqNo":41,"replyTo":"{{Uuid}}","text":"","to":"{{Group}}","mediaIds":[],"type":"message"}""",
            new MessageFrame(ConversationId.Parse(Group), MessageContent.Of("", Message) with { Seen = new SeqNo(41) }, "c", new SeqNo(41)) },
        { """{"type":"message","to":"@bob","text":"t","clientMsgId":"c","replyTo":null,"mediaIds":null,"lastSeenSeqNo":null}""",
            new MessageFrame(WithBob, MessageContent.Of("t"), "c", null) },
        { """{"type":"message","to":"@bob","text":"t","clientMsgId":"c","seqNo":"foreign to this frame","x":{"y":[1,{"z":null}]},"x":2}""",
            new MessageFrame(WithBob, MessageContent.Of("t"), "c", null) },
        { """{"\u0074ype":"\u0070ing"}""", new PingFrame() },
        { """ { "type" : "ping" } """, new PingFrame() },
        { $$"""{"type":"ack","messageId":"{{Uuid}}","status":"delivered"}""", new AckMessageFrame(Message, AckStatus.Delivered) },
        { """{"type":"ack","conversationId":"dm:alice:bob","seqNo":42,"status":"read"}""", new AckPlaceFrame(WithBob, new SeqNo(42), AckStatus.Read) },
        { $$"""{"type":"ack","conversationId":"dm:alice:bob","seqNo":42,"status":"read","messageId":"{{Uuid}}"}""",
            new AckPlaceFrame(WithBob, new SeqNo(42), AckStatus.Read) },
        { """{"type":"ack","conversationId":"dm:alice:bob","seqNo":9007199254740991,"status":"read"}""",
            new AckPlaceFrame(WithBob, new SeqNo(SeqNo.MaxValue), AckStatus.Read) },
        { """{"type":"typing","conversationId":"dm:alice:bob","active":true}""", new TypingFrame(WithBob, true) },
        { """{"type":"typing","conversationId":"dm:alice:bob","active":false}""", new TypingFrame(WithBob, false) },
        { """{"type":"sync","conversationId":"dm:alice:bob","after":0,"limit":100}""", new SyncFrame(WithBob, SeqNo.None, 100) },
        { """{"type":"sync","conversationId":"dm:alice:bob","after":41}""", new SyncFrame(WithBob, new SeqNo(41), 50) },
        { """{"type":"sync","conversationId":"dm:alice:bob","limit":1000000000000}""", new SyncFrame(WithBob, SeqNo.None, 200) },
        { """{"type":"auth","token":"a.b.c"}""", new AuthFrame("a.b.c") },
        { $$"""{"type":"edit","to":"@bob","messageId":"{{Uuid}}","text":"t","clientMsgId":"c"}""", new EditFrame(WithBob, Message, Utf8Text.Of("t"), null, null, "c") },
        { $$"""{"type":"edit","to":"@bob","messageId":"{{Uuid}}","text":"t","mentions":[],"clientMsgId":"c"}""", new EditFrame(WithBob, Message, Utf8Text.Of("t"), Mentions.None, null, "c") },
        { $$"""{"type":"edit","to":"@bob","messageId":"{{Uuid}}","text":"","basedOn":0,"clientMsgId":"c"}""",
            new EditFrame(WithBob, Message, default, null, SeqNo.None, "c") },
        { $$"""{"type":"delete","to":"{{Group}}","messageId":"{{Uuid}}","clientMsgId":"c"}""", new DeleteFrame(ConversationId.Parse(Group), Message, "c") },
        { $$"""{"type":"react","to":"@bob","messageId":"{{Uuid}}","emoji":"\ud83d\udc4b","on":true,"clientMsgId":"c"}""", new ReactFrame(WithBob, Message, "👋", true, "c") },
        { $$"""{"type":"pin","to":"@bob","messageId":"{{Uuid}}","on":false,"clientMsgId":"c"}""", new PinFrame(WithBob, Message, false, "c") },
    };

    [Theory, MemberData(nameof(GoodFrames))]
    public void A_good_frame_is_read(string json, object frame)
    {
        Assert.Equal(frame, Parse(json));
    }

    [Fact]
    public void A_message_names_files_by_id_or_with_what_the_sender_says_of_them()
    {
        var frame = Assert.IsType<MessageFrame>(Parse(
            $$$"""{"type":"message","to":"@bob","text":"","clientMsgId":"c","mediaIds":["{{{Uuid}}}",{"x":[{"y":1}],"name":"a.ogg","mediaId":"{{{Uuid}}}","waveform":[0,255],"voice":true},{"mediaId":"{{{Uuid}}}","voice":null,"waveform":[],"name":null}]}"""));

        Assert.Equal((MessageContent.Of(""), 3), (frame.Content, frame.Media!.Count));
        Assert.Equal([default, "a.ogg", null], frame.Media.Select(media => media.Name));
        Assert.Equal([false, true, false], frame.Media.Select(media => media.Voice));
        Assert.Equal(["", "00FF", ""], frame.Media.Select(media => Convert.ToHexString(media.Waveform.Span)));
        Assert.All(frame.Media, media => Assert.Equal(MediaId.Parse(Uuid), media.Id));
    }

    [Fact]
    public void A_message_says_whom_it_mentions_its_thread_and_that_it_was_forwarded()
    {
        var frame = Assert.IsType<MessageFrame>(Parse(
            $$"""{"type":"message","to":"@bob","text":"t","clientMsgId":"c","mentions":["bob","carol"],"threadId":"{{Uuid}}","forwarded":true}"""));
        var plain = Assert.IsType<MessageFrame>(Parse("""{"type":"message","to":"@bob","text":"t","clientMsgId":"c","mentions":null,"threadId":null,"forwarded":false}"""));

        Assert.Equal(MessageContent.Of("t") with { Mentions = Mentions.Of([UserId.Parse("bob"), UserId.Parse("carol")]), Forwarded = true }, frame.Content);
        Assert.Equal(MessageId.Parse(Uuid), frame.Thread);
        Assert.Equal((MessageContent.Of("t"), null), (plain.Content, plain.Thread));
        Assert.Equal(Mentions.All, Assert.IsType<MessageFrame>(Parse("""{"type":"message","to":"@bob","text":"t","clientMsgId":"c","mentions":["@all"]}""")).Content.Mentions);
    }

    [Fact]
    public void A_presence_frame_lists_whom_to_watch_and_whom_no_longer()
    {
        var frame = Assert.IsType<PresenceFrame>(Parse("""{"type":"presence","subscribe":["bob","carol"]}"""));

        Assert.Equal([UserId.Parse("bob"), UserId.Parse("carol")], frame.Subscribe);
        Assert.Empty(frame.Unsubscribe);
    }

    [Theory]
    [InlineData("")]
    [InlineData("null")]
    [InlineData("[]")]
    [InlineData("\"ping\"")]
    [InlineData("{")]
    [InlineData("""{"type":"ping"}x""")]
    [InlineData("""{"type":"ping"}{"type":"ping"}""")]
    [InlineData("""{"type":"ping",}""")]
    [InlineData("""{'type':'ping'}""")]
    [InlineData("""{"type":"ping"/**/}""")]
    [InlineData("{\"type\":\"ping\",\"x\":\"\n\"}")]
    [InlineData("\uFEFF{\"type\":\"ping\"}")]
    [InlineData("{}")]
    [InlineData("""{"type":7}""")]
    [InlineData("""{"type":null}""")]
    [InlineData("""{"type":"Ping"}""")]
    [InlineData("""{"type":"welcome"}""")]
    [InlineData("""{"type":"\ud800"}""")]
    [InlineData("""{"type":"ping","type":"ping"}""")]
    [InlineData("""{"type":"ping","type":"nothing"}""")]
    [InlineData("""{"type":"nothing","type":"ping"}""")]
    [InlineData("""{"type":"nothing"}x""")]
    [InlineData("""{"type":"nothing",}""")]
    [InlineData("""{"type":"sync","conversationId":"dm:alice:bob","conversationId":"dm:alice:bob"}""")]
    [InlineData("""{"type":"ping","x":[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]}""")]
    [InlineData("""{"type":"ack","messageId":"x","status":"delivered"}""")]
    [InlineData("""{"type":"ack","messageId":"01890a5dac96774bbcceb302099a8057","status":"delivered"}""")]
    [InlineData("""{"type":"ack","status":"delivered"}""")]
    [InlineData("""{"type":"ack","conversationId":"dm:alice:bob","seqNo":1}""")]
    [InlineData("""{"type":"ack","conversationId":"dm:alice:bob","seqNo":1,"status":"sent"}""")]
    [InlineData("""{"type":"ack","conversationId":"dm:alice:bob","seqNo":0,"status":"read"}""")]
    [InlineData("""{"type":"ack","conversationId":"dm:alice:bob","seqNo":-1,"status":"read"}""")]
    [InlineData("""{"type":"ack","conversationId":"dm:alice:bob","seqNo":1.5,"status":"read"}""")]
    [InlineData("""{"type":"ack","conversationId":"dm:alice:bob","seqNo":1e3,"status":"read"}""")]
    [InlineData("""{"type":"ack","conversationId":"dm:alice:bob","seqNo":"1","status":"read"}""")]
    [InlineData("""{"type":"ack","conversationId":"dm:alice:bob","seqNo":9007199254740992,"status":"read"}""")]
    [InlineData("""{"type":"ack","conversationId":"dm:alice:bob","seqNo":99999999999999999999999999,"status":"read"}""")]
    [InlineData("""{"type":"ack","seqNo":1,"status":"read"}""")]
    [InlineData("""{"type":"typing","conversationId":"dm:bob:alice","active":true}""")]
    [InlineData("""{"type":"typing","conversationId":"dm:alice","active":true}""")]
    [InlineData("""{"type":"typing","conversationId":"g:0123456789ABCDEF0123456789ABCDEF","active":true}""")]
    [InlineData("""{"type":"typing","conversationId":["dm:alice:bob"],"active":true}""")]
    [InlineData("""{"type":"typing","conversationId":"dm:alice:bob","active":1}""")]
    [InlineData("""{"type":"typing","conversationId":"dm:alice:bob"}""")]
    [InlineData("""{"type":"sync","after":1}""")]
    [InlineData("""{"type":"sync","conversationId":"dm:alice:bob","after":-1}""")]
    [InlineData("""{"type":"sync","conversationId":"dm:alice:bob","after":1,"limit":0}""")]
    [InlineData("""{"type":"sync","conversationId":"dm:alice:bob","after":1,"limit":2.5}""")]
    [InlineData("""{"type":"presence","subscribe":"bob"}""")]
    [InlineData("""{"type":"presence","subscribe":["bob",7]}""")]
    [InlineData("""{"type":"presence","unsubscribe":["-bob"]}""")]
    [InlineData("""{"type":"presence","subscribe":[["bob"]]}""")]
    [InlineData("""{"type":"auth"}""")]
    [InlineData("""{"type":"auth","token":{}}""")]
    public void A_bad_frame_is_a_bad_request(string json)
    {
        var refused = Assert.IsType<RefusedFrame>(Parse(json));

        Assert.Equal(ErrorCodes.BadRequest, refused.Refusal.Code);
        Assert.Null(refused.Attempt);
    }

    [Theory]
    [InlineData(10, 100, true)]
    [InlineData(11, 1, false)]
    [InlineData(1, 101, false)]
    public void A_message_has_so_many_files_and_a_waveform_so_many_values(int files, int values, bool isTaken)
    {
        var file = $$"""{"mediaId":"{{Uuid}}","voice":true,"waveform":[{{string.Join(',', Enumerable.Repeat(255, values))}}]}""";

        var frame = Parse($$"""{"type":"message","clientMsgId":"c","to":"@bob","text":"t","mediaIds":[{{string.Join(',', Enumerable.Repeat(file, files))}}]}""");

        Assert.Equal(isTaken, frame is MessageFrame);
        Assert.Equal("c", frame.Attempt);
    }

    [Theory]
    [InlineData("""{"type":"message","clientMsgId":"c","to":"@alice","text":"to myself"}""")]
    [InlineData("""{"type":"message","clientMsgId":"c","to":"@","text":"t"}""")]
    [InlineData("""{"type":"message","clientMsgId":"c","to":"bob","text":"t"}""")]
    [InlineData("""{"type":"message","clientMsgId":"c","to":"dm:alice:bob:carol","text":"t"}""")]
    [InlineData("""{"type":"message","clientMsgId":"c","text":"t"}""")]
    [InlineData("""{"type":"message","clientMsgId":"c","to":"@bob"}""")]
    [InlineData("""{"type":"message","clientMsgId":"c","to":"@bob","text":7}""")]
    [InlineData("""{"type":"message","clientMsgId":"c","to":"@bob","text":"\ud800"}""")]
    [InlineData("""{"type":"message","clientMsgId":"c","to":"@bob","text":"\udc00\ud800"}""")]
    [InlineData("""{"type":"message","clientMsgId":"c","to":"@bob","text":"t","replyTo":"x"}""")]
    [InlineData("""{"type":"message","clientMsgId":"c","to":"@bob","text":"t","mediaIds":["m"]}""")]
    [InlineData("""{"type":"message","clientMsgId":"c","to":"@bob","text":"t","mediaIds":"m"}""")]
    [InlineData("""{"type":"message","clientMsgId":"c","to":"@bob","text":"t","mentions":"bob"}""")]
    [InlineData("""{"type":"message","clientMsgId":"c","to":"@bob","text":"t","mentions":["@everybody"]}""")]
    [InlineData("""{"type":"message","clientMsgId":"c","to":"@bob","text":"t","mentions":["@all","bob"]}""")]
    [InlineData("""{"type":"message","clientMsgId":"c","to":"@bob","text":"t","mentions":[1]}""")]
    [InlineData("""{"type":"message","clientMsgId":"c","to":"@bob","text":"t","mentions":["\ud800"]}""")]
    [InlineData("""{"type":"message","clientMsgId":"c","to":"@bob","text":"t","threadId":"x"}""")]
    [InlineData("""{"type":"message","clientMsgId":"c","to":"@bob","text":"t","forwarded":1}""")]
    [InlineData("""{"type":"message","clientMsgId":"c","to":"@bob","text":"t","mediaIds":[null]}""")]
    [InlineData("""{"type":"message","clientMsgId":"c","to":"@bob","text":"t","mediaIds":[{}]}""")]
    [InlineData("""{"type":"message","clientMsgId":"c","to":"@bob","text":"t","mediaIds":[["01890a5d-ac96-774b-bcce-b302099a8057"]]}""")]
    [InlineData("""{"type":"message","clientMsgId":"c","to":"@bob","text":"t","mediaIds":[{"mediaId":"x"}]}""")]
    [InlineData("""{"type":"message","clientMsgId":"c","to":"@bob","text":"t","mediaIds":[{"mediaId":"01890a5d-ac96-774b-bcce-b302099a8057","mediaId":"01890a5d-ac96-774b-bcce-b302099a8057"}]}""")]
    [InlineData("""{"type":"message","clientMsgId":"c","to":"@bob","text":"t","mediaIds":[{"mediaId":"01890a5d-ac96-774b-bcce-b302099a8057","voice":1}]}""")]
    [InlineData("""{"type":"message","clientMsgId":"c","to":"@bob","text":"t","mediaIds":[{"mediaId":"01890a5d-ac96-774b-bcce-b302099a8057","waveform":"AA=="}]}""")]
    [InlineData("""{"type":"message","clientMsgId":"c","to":"@bob","text":"t","mediaIds":[{"mediaId":"01890a5d-ac96-774b-bcce-b302099a8057","waveform":[256]}]}""")]
    [InlineData("""{"type":"message","clientMsgId":"c","to":"@bob","text":"t","mediaIds":[{"mediaId":"01890a5d-ac96-774b-bcce-b302099a8057","waveform":[-1]}]}""")]
    [InlineData("""{"type":"message","clientMsgId":"c","to":"@bob","text":"t","mediaIds":[{"mediaId":"01890a5d-ac96-774b-bcce-b302099a8057","waveform":[1.5]}]}""")]
    [InlineData("""{"type":"message","clientMsgId":"c","to":"@bob","text":"t","mediaIds":[{"mediaId":"01890a5d-ac96-774b-bcce-b302099a8057","name":7}]}""")]
    [InlineData("""{"type":"message","clientMsgId":"c","to":"@bob","text":"t","mediaIds":[{"mediaId":"01890a5d-ac96-774b-bcce-b302099a8057","name":"\ud800"}]}""")]
    [InlineData("""{"type":"message","clientMsgId":"c","to":"@bob","text":"t","lastSeenSeqNo":-1}""")]
    [InlineData("""{"type":"message","clientMsgId":"c","to":"@bob","text":"t","lastSeenSeqNo":true}""")]
    [InlineData("""{"type":"message","clientMsgId":"c","to":"@bob","text":"t","replyTo":"\ud800"}""")]
    [InlineData("""{"type":"edit","clientMsgId":"c","to":"@bob","text":"t"}""")]
    [InlineData("""{"type":"edit","clientMsgId":"c","to":"@bob","messageId":"x","text":"t"}""")]
    [InlineData("""{"type":"edit","clientMsgId":"c","to":"@bob","messageId":"01890a5d-ac96-774b-bcce-b302099a8057"}""")]
    [InlineData("""{"type":"edit","clientMsgId":"c","to":"@bob","messageId":"01890a5d-ac96-774b-bcce-b302099a8057","text":"\ud800"}""")]
    [InlineData("""{"type":"edit","clientMsgId":"c","to":"@bob","messageId":"01890a5d-ac96-774b-bcce-b302099a8057","text":"t","basedOn":-1}""")]
    [InlineData("""{"type":"delete","clientMsgId":"c","to":"@bob"}""")]
    [InlineData("""{"type":"delete","clientMsgId":"c","messageId":"01890a5d-ac96-774b-bcce-b302099a8057"}""")]
    [InlineData("""{"type":"react","clientMsgId":"c","to":"@bob","messageId":"01890a5d-ac96-774b-bcce-b302099a8057","on":true}""")]
    [InlineData("""{"type":"react","clientMsgId":"c","to":"@bob","messageId":"01890a5d-ac96-774b-bcce-b302099a8057","emoji":"x"}""")]
    [InlineData("""{"type":"react","clientMsgId":"c","to":"@bob","messageId":"01890a5d-ac96-774b-bcce-b302099a8057","emoji":7,"on":true}""")]
    [InlineData("""{"type":"react","clientMsgId":"c","to":"@bob","messageId":"01890a5d-ac96-774b-bcce-b302099a8057","emoji":"\ud83d","on":true}""")]
    [InlineData("""{"type":"pin","clientMsgId":"c","to":"@bob","messageId":"01890a5d-ac96-774b-bcce-b302099a8057"}""")]
    [InlineData("""{"type":"pin","clientMsgId":"c","to":"@bob","messageId":"01890a5d-ac96-774b-bcce-b302099a8057","on":1}""")]
    [InlineData("""{"type":"nothing","clientMsgId":"c"}""")]
    [InlineData("""{"type":"\ud800","clientMsgId":"c"}""")]
    [InlineData("""{"clientMsgId":"c","type":7}""")]
    [InlineData("""{"clientMsgId":"c"}""")]
    [InlineData("""{"type":"typing","clientMsgId":"c","conversationId":"x","active":true}""")]
    public void A_refusal_names_the_attempt_that_the_frame_named(string json)
    {
        var refused = Assert.IsType<RefusedFrame>(Parse(json));

        Assert.Equal(ErrorCodes.BadRequest, refused.Refusal.Code);
        Assert.Equal("c", refused.Attempt);
    }

    [Theory]
    [InlineData("\"\"")]
    [InlineData("7")]
    [InlineData("null")]
    [InlineData("\"é\"")]
    [InlineData("\"a\\u0007\"")]
    [InlineData("\"\\ud800\"")]
    [InlineData("\"12345678901234567890123456789012345678901234567890123456789012345\"")]
    public void A_clientMsgId_that_is_none_is_refused_and_not_handed_back(string clientMsgId)
    {
        var refused = Assert.IsType<RefusedFrame>(Parse($$"""{"type":"message","to":"@bob","text":"t","clientMsgId":{{clientMsgId}}}"""));

        Assert.Equal(ErrorCodes.BadRequest, refused.Refusal.Code);
        Assert.Null(refused.Attempt);
    }

    [Fact]
    public void The_longest_clientMsgId_is_taken_even_when_every_character_is_escaped()
    {
        var escaped = string.Concat(Enumerable.Repeat("\\u0041", 64));

        var frame = Parse($$"""{"type":"message","to":"@bob","text":"t","clientMsgId":"{{escaped}}"}""");

        Assert.Equal(new string('A', 64), Assert.IsType<MessageFrame>(frame).ClientMsgId);
    }

    [Theory]
    [InlineData(0xFF)]
    [InlineData(0xC0)]
    [InlineData(0xED)]
    public void Bytes_that_are_not_UTF_8_are_a_bad_request_even_where_they_would_be_ignored(byte bad)
    {
        var json = Encoding.UTF8.GetBytes("""{"type":"ping","x":"?"}""");
        json[Array.IndexOf(json, (byte)'?')] = bad;

        Assert.Equal(ErrorCodes.BadRequest, Assert.IsType<RefusedFrame>(ClientFrameParser.Parse(json, Alice)).Refusal.Code);
    }

    [Fact]
    public void A_hub_request_has_its_type_from_the_method_and_ignores_a_written_one()
    {
        var frame = ClientFrameParser.Parse("""{"type":"ping","conversationId":"dm:alice:bob","active":true}"""u8, TypingFrame.Spec, Alice);

        Assert.Equal(new TypingFrame(WithBob, true), frame);
    }

    private static ClientFrame Parse(string json) => ClientFrameParser.Parse(Encoding.UTF8.GetBytes(json), Alice);
}
