using System.Text;
using Chat.BuildingBlocks.Ids;
using Chat.Modules.Messaging.Contracts;
using Chat.Modules.Messaging.Log.Embedded;
using static Chat.Modules.Messaging.Tests.Words;

namespace Chat.Modules.Messaging.Tests.Log;

public sealed class MessageCodecTests
{
    // Written by servers from before the content had a codec: layout 1, with a reply and without.
    private const string Old =
        "010198c0def00d7abc8123456789abcdef0000019cb73d3293010198c0de00007abc8123456789abcdef03626f620570686f6e6503632d3168c3a96c6c6f20f09f918b00";

    private const string OldPlain = "010198c0def00d7abc8123456789abcdef0000019cb73d3293000000000000000000000000000000000003626f620570686f6e6503632d316869";

    private static readonly MessageId Id = MessageId.Parse("0198c0de-f00d-7abc-8123-456789abcdef");
    private static readonly MessageId Answered = MessageId.Parse("0198c0de-0000-7abc-8123-456789abcdef");

    [Fact]
    public void Messages_of_the_layout_before_are_read()
    {
        var at = DateTimeOffset.FromUnixTimeMilliseconds(1_772_600_767_123);

        Assert.Equal(new LoggedMessage(Id, Team, new SeqNo(7), Bob.Phone(), "c-1", MessageContent.Of("héllo 👋\0", Answered), at), Decode(Old));
        Assert.Equal(new LoggedMessage(Id, Team, new SeqNo(7), Bob.Phone(), "c-1", MessageContent.Of("hi"), at), Decode(OldPlain));
        Assert.Equal("bob", Encoding.ASCII.GetString(MessageCodec.SenderOf(Convert.FromHexString(Old))));
    }

    [Fact]
    public void A_message_is_read_as_it_was_written()
    {
        var draft = Draft(Team, Bob, "c-1") with { Content = MessageContent.Of("héllo", Answered) with { Unknown = new byte[] { 0x20, 1 } } };

        var bytes = MessageCodec.Encode(draft.ToMessage(Id, new SeqNo(7)));

        Assert.Equal(draft.ToMessage(Id, new SeqNo(7)), MessageCodec.Decode(Team, new SeqNo(7), bytes));
        Assert.Equal("bob", Encoding.ASCII.GetString(MessageCodec.SenderOf(bytes)));
    }

    [Fact]
    public void A_layout_that_nobody_knows_is_refused()
    {
        byte[] bytes = [3, .. Convert.FromHexString(Old)[1..]];

        Assert.Throws<InvalidDataException>(() => MessageCodec.Decode(Team, new SeqNo(7), bytes));
        Assert.Throws<InvalidDataException>(() => MessageCodec.SenderOf(bytes).Length);
    }

    private static LoggedMessage Decode(string hex) => MessageCodec.Decode(Team, new SeqNo(7), Convert.FromHexString(hex));
}
