using Chat.BuildingBlocks.Ids;
using Chat.BuildingBlocks.Text;
using Chat.Modules.Messaging.Contracts;
using Chat.Modules.Messaging.Log;
using FsCheck;
using FsCheck.Fluent;

namespace Chat.Modules.Messaging.Tests.Log;

public sealed class ContentCodecTests
{
    private static readonly MessageId Answered = MessageId.Parse("0198c0de-f00d-7abc-8123-456789abcdef");

    // What is on disk stays readable: these bytes never change.
    [Fact]
    public void A_plain_message_is_its_text_and_what_it_answers()
    {
        var content = MessageContent.Of("hé", Answered);

        Assert.Equal("1203" + "68C3A9" + "1A10" + "0198C0DEF00D7ABC8123456789ABCDEF", Convert.ToHexString(ContentCodec.Encode(content)));
        Assert.Equal("", Convert.ToHexString(ContentCodec.Encode(MessageContent.Of(""))));
    }

    [Fact]
    public void Whatever_is_written_is_read_again()
    {
        var contents =
            from text in Gen.Choose(0, 400).SelectMany(length => Gen.ArrayOf(Gen.Elements("a", "\0", "é", "中", "🙂", "\""), length))
            from isReply in Gen.Elements(true, false)
            from kind in Gen.Choose(0, 255)
            from unknown in FieldsOf(UnknownField)
            from count in Gen.Choose(0, 10)
            from media in Gen.ArrayOf(Media, count)
            from seen in SomeSeqNo
            from previous in SomeSeqNo
            from mentions in Gen.Elements<Mentions?>(null, Mentions.None, Mentions.All, Mentions.Of([Words.Alice, Words.Bob]))
            from thread in Gen.Elements<MessageTarget?>(null, new MessageTarget(Answered, new SeqNo(300)))
            from change in Gen.OneOf(Gen.Constant<MessageChange?>(null), Change)
            from notice in Gen.OneOf(Gen.Constant<ConversationNotice?>(null), Notice)
            from expiresAt in Gen.Elements<DateTimeOffset?>(null, DateTimeOffset.UnixEpoch, Words.Now)
            from seconds in Gen.Elements<int?>(null, 0, 5, int.MaxValue)
            select MessageContent.Of(string.Concat(text), isReply ? Answered : null) with
            {
                Kind = (MessageKind)kind, Unknown = unknown, Media = media, Seen = seen == SeqNo.None ? null : seen, PreviousMessage = previous, Change = change, Notice = notice,
                Mentions = mentions, Thread = thread, Forwarded = isReply, ExpiresAt = expiresAt, TimerSeconds = seconds,
            };

        Check(contents, content =>
        {
            var bytes = ContentCodec.Encode(content);
            Assert.Equal(content, ContentCodec.Decode(bytes));
            Assert.Equal(bytes, ContentCodec.Encode(ContentCodec.Decode(bytes)));
            Assert.Equal(content.IsShown ? content.ExpiresAt?.ToUnixTimeMilliseconds() : null, ContentCodec.ExpiryOf(bytes));
        });
    }

    // What is on disk stays readable: these bytes never change.
    [Fact]
    public void When_a_message_expires_is_its_first_field_and_a_timer_has_its_seconds()
    {
        var expiring = MessageContent.Of("hi") with { ExpiresAt = DateTimeOffset.FromUnixTimeMilliseconds(300) };
        var timer = new MessageContent(default) { Kind = MessageKind.Timer, TimerSeconds = 300, PreviousMessage = new SeqNo(1) };

        Assert.Equal("70AC02" + "12026869", Convert.ToHexString(ContentCodec.Encode(expiring)));
        Assert.Equal("08FF01" + "70AC02", Convert.ToHexString(ContentCodec.Encode(expiring.ToErased())));
        Assert.Equal("0805" + "900101" + "8001AC02", Convert.ToHexString(ContentCodec.Encode(timer)));
        Assert.Null(ContentCodec.ExpiryOf(ContentCodec.Encode(MessageContent.Of("hi"))));
    }

    // What is on disk stays readable: these bytes never change.
    [Fact]
    public void A_file_is_a_field_of_its_own_whose_absent_parts_take_no_bytes()
    {
        var id = new MediaId(Answered.Value);
        var bare = new MessageContent(default) { Media = [new MessageMedia(id, "a/b", 0)] };
        var full = MessageContent.Of("hi") with
        {
            Media =
            [
                new MessageMedia(id, "a/b", 300)
                {
                    Name = "é", Width = 1, Height = 2, DurationMs = 3, Blurhash = "L", Thumbnail = true, Voice = true, Waveform = new byte[] { 0, 255 },
                },
            ],
        };

        Assert.Equal("5217" + "0A10" + "0198C0DEF00D7ABC8123456789ABCDEF" + "1203612F62", Convert.ToHexString(ContentCodec.Encode(bare)));
        Assert.Equal(
            "12026869" + "522F" + "0A10" + "0198C0DEF00D7ABC8123456789ABCDEF" + "1203612F62" + "18AC02" + "2202C3A9" + "2801" + "3002" + "3803" + "42014C" + "4801"
            + "5001" + "5A0200FF",
            Convert.ToHexString(ContentCodec.Encode(full)));
        Assert.Equal((bare, full), (ContentCodec.Decode(ContentCodec.Encode(bare)), ContentCodec.Decode(ContentCodec.Encode(full))));
        Assert.Equal((false, false, true), (bare.IsPlain, full.IsPlain, MessageContent.Of("hi").IsPlain));
    }

    // What is on disk stays readable: these bytes never change.
    [Fact]
    public void A_notice_is_a_field_of_its_own_whose_absent_parts_take_no_bytes()
    {
        var bare = new MessageContent(default) { Kind = MessageKind.Notice, Notice = new ConversationNotice("left") { User = UserId.Parse("bob") }, PreviousMessage = new SeqNo(7) };
        var full = new MessageContent(default)
        {
            Kind = MessageKind.Notice,
            Notice = new ConversationNotice("created") { Users = [UserId.Parse("bob"), UserId.Parse("cy")], Value = "hé" },
        };

        Assert.Equal("0806" + "7A0B" + "0A04" + "6C656674" + "1203" + "626F62" + "900107", Convert.ToHexString(ContentCodec.Encode(bare)));
        Assert.Equal("0806" + "7A17" + "0A07" + "63726561746564" + "1A03" + "68C3A9" + "2203" + "626F62" + "2202" + "6379", Convert.ToHexString(ContentCodec.Encode(full)));
        Assert.Equal([bare, full], new[] { bare, full }.Select(content => ContentCodec.Decode(ContentCodec.Encode(content))));
    }

    // What is on disk stays readable: these bytes never change.
    [Fact]
    public void A_change_is_fields_of_its_own_whose_absent_parts_take_no_bytes()
    {
        var target = new MessageTarget(Answered, new SeqNo(300));
        var bare = new MessageContent(default) { Kind = MessageKind.Delete, Change = new MessageChange(target), PreviousMessage = SeqNo.None };
        var full = MessageContent.Of("hi") with
        {
            Kind = MessageKind.Edit,
            Seen = new SeqNo(5),
            Change = new MessageChange(target) { Emoji = "👍", On = true, BasedOn = new SeqNo(4), Concurrent = true },
            PreviousMessage = new SeqNo(6),
        };

        Assert.Equal("0802" + "3210" + "0198C0DEF00D7ABC8123456789ABCDEF" + "38AC02" + "900100", Convert.ToHexString(ContentCodec.Encode(bare)));
        Assert.Equal(
            "0801" + "12026869" + "6005" + "3210" + "0198C0DEF00D7ABC8123456789ABCDEF" + "38AC02" + "4204F09F918D" + "4801" + "6804" + "980101" + "900106",
            Convert.ToHexString(ContentCodec.Encode(full)));
        Assert.Equal((bare, full), (ContentCodec.Decode(ContentCodec.Encode(bare)), ContentCodec.Decode(ContentCodec.Encode(full))));
        Assert.Equal((false, false), (bare.IsPlain, (MessageContent.Of("hi") with { Seen = new SeqNo(1) }).IsPlain));
    }

    [Fact]
    public void What_is_left_of_an_erased_change_still_says_which_message_is_below_it()
    {
        var change = new MessageContent(default) { Kind = MessageKind.Delete, Change = new MessageChange(new MessageTarget(Answered, new SeqNo(3))), PreviousMessage = new SeqNo(6) };

        var erased = ContentCodec.Decode(ContentCodec.Encode(change.ToErased()));

        Assert.Equal((MessageKind.Erased, new SeqNo(6), null, false), (erased.Kind, erased.PreviousMessage, erased.Change, erased.IsMessagePlace));
        Assert.Equal(MessageContent.Erased, MessageContent.Of("hi").ToErased());
        Assert.True(MessageContent.Erased.IsMessagePlace);
    }

    // What is on disk stays readable: these bytes never change.
    [Fact]
    public void Mentions_a_thread_and_forwarded_are_fields_of_their_own_whose_absent_parts_take_no_bytes()
    {
        var full = MessageContent.Of("hi") with
        {
            Mentions = Mentions.Of([Words.Bob, Words.Carol]), Thread = new MessageTarget(Answered, new SeqNo(300)), Forwarded = true,
        };
        var all = new MessageContent(default) { Mentions = Mentions.All };
        var nobody = new MessageContent(default) { Mentions = Mentions.None };

        Assert.Equal(
            "12026869" + "2A03626F62" + "2A056361726F6C" + "2210" + "0198C0DEF00D7ABC8123456789ABCDEF" + "A001AC02" + "5801", Convert.ToHexString(ContentCodec.Encode(full)));
        Assert.Equal(("2A0440616C6C", "2A00"), (Convert.ToHexString(ContentCodec.Encode(all)), Convert.ToHexString(ContentCodec.Encode(nobody))));
        Assert.All([full, all, nobody], content => Assert.Equal(content, ContentCodec.Decode(ContentCodec.Encode(content))));
        Assert.Equal(MessageContent.Erased with { Thread = full.Thread }, full.ToErased());
        Assert.Equal((true, true), (full.ToErased().IsMessagePlace, full.CountsElsewhere));
    }

    // 80 bytes of content and 96 of message were all of it before.
    [Fact]
    public void A_message_without_media_and_changes_takes_no_more_memory_than_before_there_were_any()
    {
        var text = Utf8Text.Of("hello");
        var (id, conversation, sender) = (Answered, Words.Team, Words.Alice.Phone());
        var before = GC.GetAllocatedBytesForCurrentThread();
        var content = new MessageContent(text, Answered);
        var message = new LoggedMessage(id, conversation, new SeqNo(1), sender, "1", content, Words.Now);
        var allocated = GC.GetAllocatedBytesForCurrentThread() - before;

        Assert.Empty(message.Content.Media);
        Assert.InRange(allocated, 1, 80 + 96);
    }

    [Fact]
    public void Fields_of_a_newer_server_go_through_unchanged_wherever_they_stand()
    {
        var contents =
            from before in FieldsOf(UnknownField)
            from between in FieldsOf(UnknownField)
            from after in FieldsOf(UnknownField)
            select (before, between, after);

        Check(contents, fields =>
        {
            byte[] text = [0x12, 2, .. "hi"u8], reply = [0x1A, 16, .. new byte[16]];

            var content = ContentCodec.Decode([.. fields.before, .. text, .. fields.between, .. reply, .. fields.after]);

            Assert.Equal(MessageContent.Of("hi", new MessageId(Guid.Empty)), content with { Unknown = default });
            Assert.Equal([.. fields.before, .. fields.between, .. fields.after], content.Unknown.ToArray());
            Assert.Equal([.. text, .. reply, .. content.Unknown.Span], ContentCodec.Encode(content));
        });
    }

    [Theory]
    [InlineData("12", "cut off before a length")]
    [InlineData("1203 6869", "cut off in a text")]
    [InlineData("12FFFFFFFFFFFFFFFFFF01", "a length beyond all memory")]
    [InlineData("12FFFFFFFF0F", "a length beyond an int")]
    [InlineData("1280808080808080808080 01", "a number of eleven bytes")]
    [InlineData("08FFFFFFFFFFFFFFFFFF02", "a number beyond 64 bits")]
    [InlineData("088002", "kind 256")]
    [InlineData("1202C328", "a text that is not UTF-8")]
    [InlineData("1A0F000000000000000000000000000000", "an id of 15 bytes")]
    [InlineData("12016112 0162", "two texts")]
    [InlineData("08010801", "two kinds")]
    [InlineData("13", "a group")]
    [InlineData("0C", "the end of a group")]
    [InlineData("0F", "a type that is none")]
    [InlineData("2101020304050607", "eight bytes, one missing")]
    [InlineData("25010203", "four bytes, one missing")]
    [InlineData("80", "half a tag")]
    [InlineData("5200", "a file without an id")]
    [InlineData("5212 0A0F000000000000000000000000000000", "a file that is cut off")]
    [InlineData("5224 0A1000000000000000000000000000000000 0A1000000000000000000000000000000000", "a file of two ids")]
    [InlineData("5216 0A1000000000000000000000000000000000 1202C328", "a file's type that is not UTF-8")]
    [InlineData("3801", "a change without a target")]
    [InlineData("320F000000000000000000000000000000 3801", "a target of 15 bytes")]
    [InlineData("321000000000000000000000000000000000 3801 3801", "two targets' seqNos")]
    [InlineData("321000000000000000000000000000000000 3801 4202C328", "an emoji that is not UTF-8")]
    [InlineData("321000000000000000000000000000000000 3801 4802", "a flag of 2")]
    [InlineData("6080808080808080 8001", "a seqNo of 2^56")]
    [InlineData("221000000000000000000000000000000000", "a thread without its seqNo")]
    [InlineData("A00101", "a thread without its id")]
    [InlineData("70FFFFFFFFFFFF3F", "a time beyond all calendars")]
    [InlineData("8001FFFFFFFF0F", "seconds beyond an int")]
    [InlineData("2A0440616C6C 2A03626F62", "a mention of all and of one")]
    [InlineData("2A012D", "a mention of no user")]
    [InlineData("5219 0A1000000000000000000000000000000000 28FFFFFFFF7F 00", "a width beyond an int")]
    public void Damaged_bytes_are_refused_by_name(string hex, string what) =>
        Assert.True(Record.Exception(() => ContentCodec.Decode(Convert.FromHexString(hex.Replace(" ", "", StringComparison.Ordinal)))) is MalformedContentException, what);

    [Fact]
    public void A_content_of_too_many_bytes_is_refused() =>
        Assert.Throws<MalformedContentException>(() => ContentCodec.Decode(new byte[ContentCodec.MaxBytes + 1]));

    [Fact]
    public void Any_bytes_are_a_content_or_refused_by_name()
    {
        // Mostly what a content has, so that some get far.
        var some = Gen.Elements<byte>(0x08, 0x12, 0x1A, 0x22, 0x2A, 0x32, 0x38, 0x42, 0x48, 0x52, 0x60, 0x68, 0x0A, 0x00, 0x01, 0x02, 0x10, 0x80, 0xFF, (byte)'a');
        var any = Gen.Choose(0, 255).Select(value => (byte)value);

        Check(Gen.Choose(0, 60).SelectMany(length => Gen.ArrayOf(Gen.Frequency((4, some), (1, any)), length)), bytes =>
        {
            try
            {
                var content = ContentCodec.Decode(bytes);
                Assert.Equal(content, ContentCodec.Decode(ContentCodec.Encode(content)));
            }
            catch (MalformedContentException)
            {
            }
        });
    }

    private static Gen<MessageMedia> Media =>
        from id in Gen.ArrayOf(Gen.Choose(0, 255).Select(value => (byte)value), 16)
        from size in Gen.Choose(0, int.MaxValue)
        from name in Gen.Elements(null, "", "a.png", "Ünïcode 中 🙂")
        from width in Gen.Elements<int?>(null, 1, 40_000, int.MaxValue)
        from isVoice in Gen.Elements(true, false)
        from waveform in Gen.Choose(0, 100).SelectMany(length => Gen.ArrayOf(Gen.Choose(0, 255).Select(value => (byte)value), length))
        from unknown in FieldsOf(FieldFrom(12))
        select new MessageMedia(new MediaId(new Guid(id)), "image/png", size)
        {
            Name = name, Width = width, Height = width, DurationMs = width, Blurhash = name, Thumbnail = !isVoice, Voice = isVoice, Waveform = waveform, Unknown = unknown,
        };

    private static Gen<SeqNo?> SomeSeqNo => Gen.Elements<SeqNo?>(null, SeqNo.None, new SeqNo(1), new SeqNo(300), new SeqNo(SeqNo.MaxValue));

    private static Gen<MessageChange?> Change =>
        from seqNo in SomeSeqNo
        from basedOn in SomeSeqNo
        from emoji in Gen.Elements(null, "👍", "👨‍👩‍👧‍👦")
        from isOn in Gen.Elements(true, false)
        select (MessageChange?)new MessageChange(new MessageTarget(Answered, seqNo ?? new SeqNo(7))) { Emoji = emoji, On = isOn, BasedOn = basedOn, Concurrent = !isOn };

    private static Gen<ConversationNotice?> Notice =>
        from what in Gen.Elements(ConversationNotice.Created, "later")
        from user in Gen.Elements(default(UserId?), UserId.Parse("bob"))
        from count in Gen.Choose(0, 3)
        from value in Gen.Elements(null, "", "Läufer 🏃")
        from unknown in FieldsOf(FieldFrom(5))
        select (ConversationNotice?)new ConversationNotice(what)
        {
            User = user, Users = [.. Enumerable.Range(0, count).Select(n => UserId.Parse($"user{n}"))], Value = value, Unknown = unknown,
        };

    private static Gen<byte[]> UnknownField => Gen.OneOf(FieldFrom(21), FieldOf(17));

    private static Gen<byte[]> FieldFrom(int lowest) =>
        from tag in Gen.Choose(lowest, 5_000)
        from field in FieldOf(tag)
        select field;

    private static Gen<byte[]> FieldOf(int tag) =>
        from type in Gen.Elements(0, 1, 2, 5)
        from bytes in Gen.ArrayOf(Gen.Choose(0, 127).Select(value => (byte)value), 10)
        select (byte[])[.. Tag(tag, type), .. type switch { 0 => bytes[..1], 1 => bytes[..8], 2 => [10, .. bytes], _ => bytes[..4] }];

    private static Gen<byte[]> FieldsOf(Gen<byte[]> field) =>
        Gen.Choose(0, 4).SelectMany(count => Gen.ArrayOf(field, count)).Select(fields => fields.SelectMany(bytes => bytes).ToArray());

    private static byte[] Tag(int number, int type)
    {
        var tag = number << 3 | type;
        return tag < 0x80 ? [(byte)tag] : tag < 0x4000 ? [(byte)(tag | 0x80), (byte)(tag >> 7)] : [(byte)(tag | 0x80), (byte)(tag >> 7 | 0x80), (byte)(tag >> 14)];
    }

    private static void Check<T>(Gen<T> values, Action<T> check) =>
        FsCheck.Check.One(Config.QuickThrowOnFailure.WithMaxTest(500), Prop.ForAll(values.ToArbitrary(), check));
}
