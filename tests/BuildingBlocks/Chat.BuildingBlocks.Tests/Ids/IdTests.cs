using System.Text.Json;
using Chat.BuildingBlocks.Ids;

namespace Chat.BuildingBlocks.Tests.Ids;

public sealed class IdTests
{
    private const string Longest = "a123456789012345678901234567890123456789012345678901234567890123";
    private const string GroupHex = "0123456789abcdef0123456789abcdef";
    private const string Uuid = "0197f0e4-5c1a-7a3b-8c4d-1234567890ab";

    [Theory]
    [InlineData("a")]
    [InlineData("0")]
    [InlineData("Alice.B-c_9")]
    [InlineData("a.-_")]
    [InlineData(Longest)]
    public void Well_formed_user_and_device_ids_are_accepted(string text)
    {
        Assert.Equal(text, UserId.Parse(text).Value);
        Assert.Equal(text, DeviceId.Parse(text).Value);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData(" a")]
    [InlineData("a ")]
    [InlineData(".a")]
    [InlineData("-a")]
    [InlineData("_a")]
    [InlineData("a:b")]
    [InlineData("a/b")]
    [InlineData("@a")]
    [InlineData("a\0")]
    [InlineData("a\n")]
    [InlineData("é")]
    [InlineData("а")] // Cyrillic
    [InlineData("a١")] // an Arabic digit
    [InlineData(Longest + "x")]
    public void Foreign_user_and_device_ids_are_refused(string? text)
    {
        Assert.False(UserId.TryParse(text, out _));
        Assert.False(DeviceId.TryParse(text, out _));
        if (text is not null)
            Assert.Throws<FormatException>(() => UserId.Parse(text));
    }

    [Theory]
    [InlineData("dm:a:b", true)]
    [InlineData("dm:A:a", true)]
    [InlineData("dm:a:a-", true)]
    [InlineData("dm:" + Longest + ":b", true)]
    [InlineData("g:" + GroupHex, false)]
    public void Well_formed_conversation_ids_are_accepted(string text, bool direct)
    {
        var id = ConversationId.Parse(text);

        Assert.Equal((text, direct), (id.Value, id.IsDirect));
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("dm:")]
    [InlineData("dm::")]
    [InlineData("dm:a")]
    [InlineData("dm:a:")]
    [InlineData("dm::b")]
    [InlineData("dm:b:a")] // out of order
    [InlineData("dm:a:A")] // out of order: ordinal, not by the alphabet
    [InlineData("dm:a:b:c")]
    [InlineData("dm:a:b ")]
    [InlineData("dm:a: b")]
    [InlineData("DM:a:b")]
    [InlineData("dm:a:.b")]
    [InlineData("dm:a:b\0")]
    [InlineData("dm:a:" + Longest + "x")]
    [InlineData("g:")]
    [InlineData("G:" + GroupHex)]
    [InlineData("g:" + GroupHex + "0")]
    [InlineData("g:0123456789abcdef0123456789abcde")]
    [InlineData("g:0123456789ABCDEF0123456789abcdef")]
    [InlineData("g:g123456789abcdef0123456789abcdef")]
    [InlineData(GroupHex)]
    [InlineData("@a")]
    public void Foreign_conversation_ids_are_refused(string? text) => Assert.False(ConversationId.TryParse(text, out _));

    [Fact]
    public void A_direct_conversation_has_its_users_in_ordinal_order_whoever_asks()
    {
        var (zoe, adam) = (UserId.Parse("Zoe"), UserId.Parse("adam"));

        Assert.Equal("dm:Zoe:adam", ConversationId.Direct(adam, zoe).Value);
        Assert.Equal(ConversationId.Direct(adam, zoe), ConversationId.Direct(zoe, adam));
        Assert.Equal((zoe, adam), ConversationId.Direct(adam, zoe).Users);
        Assert.False(ConversationId.Direct(adam, zoe).IsNoteToSelf);
        Assert.Equal([zoe, adam], ConversationId.Direct(adam, zoe).Members);
    }

    [Fact]
    public void A_note_to_self_has_one_member()
    {
        var adam = UserId.Parse("adam");

        var note = ConversationId.Direct(adam, adam);

        Assert.Equal(note, ConversationId.Parse("dm:adam:adam"));
        Assert.True(note.IsNoteToSelf);
        Assert.Equal([adam], note.Members);
        Assert.False(ConversationId.Parse("g:" + GroupHex).IsNoteToSelf);
    }

    [Theory]
    [InlineData("dm:al:bo", "al", true)]
    [InlineData("dm:al:bo", "bo", true)]
    [InlineData("dm:al:bo", "a", false)]
    [InlineData("dm:al:bo", "l", false)]
    [InlineData("dm:al:bo", "b", false)]
    [InlineData("dm:al:bo", "o", false)]
    [InlineData("dm:al:bo", "alx", false)]
    [InlineData("dm:al:al", "al", true)]
    [InlineData("dm:al:al", "a", false)]
    [InlineData("dm:al:al", "bo", false)]
    [InlineData("g:" + GroupHex, "a", false)]
    public void A_direct_conversation_is_of_its_two_users_alone(string conversation, string user, bool expected) =>
        Assert.Equal(expected, ConversationId.Parse(conversation).IsDirectOf(UserId.Parse(user)));

    [Fact]
    public void A_group_has_no_users_in_its_id() =>
        Assert.Throws<InvalidOperationException>(() => ConversationId.Parse("g:" + GroupHex).Users);

    [Fact]
    public void New_groups_are_well_formed_and_different()
    {
        var groups = Enumerable.Range(0, 100).Select(_ => ConversationId.NewGroup()).ToList();

        Assert.All(groups, group => Assert.Equal(group, ConversationId.Parse(group.Value)));
        Assert.Equal(100, groups.Distinct().Count());
    }

    [Theory]
    [InlineData("@bob", "dm:alice:bob")]
    [InlineData("@Bob", "dm:Bob:alice")]
    [InlineData("dm:alice:bob", "dm:alice:bob")]
    [InlineData("dm:x:y", "dm:x:y")] // whether the sender may post there is not the parser's question
    [InlineData("g:" + GroupHex, "g:" + GroupHex)]
    [InlineData("@me", "dm:alice:alice")]
    [InlineData("@alice", null)] // oneself, by name
    [InlineData("@Me", "dm:Me:alice")]
    [InlineData("@me ", null)]
    [InlineData("@", null)]
    [InlineData("@@bob", null)]
    [InlineData("@ bob", null)]
    [InlineData("@dm:alice:bob", null)]
    [InlineData("bob", null)]
    [InlineData("", null)]
    [InlineData(null, null)]
    public void A_target_is_a_conversation_or_a_user(string? to, string? expected)
    {
        var found = ConversationId.TryParseTarget(to, UserId.Parse("alice"), out var conversation);

        Assert.Equal(expected, found ? conversation.Value : null);
    }

    [Theory]
    [InlineData(Uuid, true)]
    [InlineData("0197F0E4-5C1A-7A3B-8C4D-1234567890AB", true)]
    [InlineData("{0197f0e4-5c1a-7a3b-8c4d-1234567890ab}", false)]
    [InlineData("0197f0e45c1a7a3b8c4d1234567890ab", false)]
    [InlineData(" 0197f0e4-5c1a-7a3b-8c4d-1234567890ab", false)]
    [InlineData("0197f0e4-5c1a-7a3b-8c4d-1234567890ab\n", false)]
    [InlineData("+197f0e4-5c1a-7a3b-8c4d-1234567890ab", false)]
    [InlineData("0x97f0e4-5c1a-7a3b-8c4d-1234567890ab", false)]
    [InlineData("0197f0e4-5c1a-7a3b-8c4d-1234567890a", false)]
    [InlineData("", false)]
    [InlineData(null, false)]
    public void A_message_id_is_a_UUID_in_its_36_characters(string? text, bool wellFormed)
    {
        Assert.Equal(wellFormed, MessageId.TryParse(text, null, out var id));
        if (wellFormed)
            Assert.Equal(Uuid, id.ToString());
    }

    [Fact]
    public void New_message_ids_are_version_7_and_sort_by_time()
    {
        var now = new DateTimeOffset(2026, 1, 2, 3, 4, 5, TimeSpan.Zero);
        var (one, next) = (MessageId.New(now), MessageId.New(now.AddMilliseconds(1)));

        Assert.Equal(7, one.Value.Version);
        Assert.True(string.CompareOrdinal(one.ToString(), next.ToString()) < 0);
    }

    [Fact]
    public void Ids_are_strings_in_JSON()
    {
        var all = new Ids(UserId.Parse("a"), DeviceId.Parse("b"), ConversationId.Parse("dm:a:b"), MessageId.Parse(Uuid), new SeqNo(42));

        var json = JsonSerializer.Serialize(all);

        Assert.Equal($$"""{"User":"a","Device":"b","Conversation":"dm:a:b","Message":"{{Uuid}}","SeqNo":42}""", json);
        Assert.Equal(all, JsonSerializer.Deserialize<Ids>(json));
    }

    [Theory]
    [InlineData("""{"User":"a b"}""")]
    [InlineData("""{"User":1}""")]
    [InlineData("""{"User":null}""")]
    [InlineData("""{"User":{}}""")]
    [InlineData("""{"User":"\ud800"}""")]
    [InlineData("""{"Conversation":"dm:b:a"}""")]
    [InlineData("""{"Message":"x"}""")]
    public void Foreign_ids_are_a_JSON_exception(string json) =>
        Assert.Throws<JsonException>(() => JsonSerializer.Deserialize<Ids>(json));

    private sealed record Ids(UserId User, DeviceId Device, ConversationId Conversation, MessageId Message, SeqNo SeqNo);
}
