using System.Text;
using Chat.Bench.Relay;

namespace Chat.Bench.Tests;

public sealed class RelayMessageTests
{
    [Theory]
    [InlineData("""{"type":"message","to":"dm:a:b","text":"hi","clientMsgId":"1"}""", true)]
    [InlineData("""{"extra":{"type":"x"},"clientMsgId":"1","text":"hi","to":"dm:a:b","type":"message"}""", true)]
    [InlineData("""{"type":"ack","conversationId":"dm:a:b","seqNo":1,"status":"delivered"}""", false)]
    [InlineData("""{"type":"message","to":""", false)]
    [InlineData("[]", false)]
    [InlineData("", false)]
    public void Only_a_whole_message_frame_is_a_message(string frame, bool isMessage) =>
        Assert.Equal(isMessage, RelayMessage.TryParse(Encoding.UTF8.GetBytes(frame), out _));

    [Theory]
    [InlineData("dm:alice:bob", "alice", "bob")]
    [InlineData("dm:alice:bob", "bob", "alice")]
    [InlineData("dm:alice:bob", "carol", "")]
    [InlineData("dm:alice", "alice", "")]
    [InlineData("g:0123", "alice", "")]
    public void A_message_goes_to_the_other_user_of_a_direct_conversation(string to, string sender, string receiver)
    {
        var frame = $$"""{"type":"message","to":"{{to}}","text":"hi","clientMsgId":"1"}""";

        Assert.True(RelayMessage.TryParse(Encoding.UTF8.GetBytes(frame), out var message));

        Assert.Equal(receiver, Encoding.UTF8.GetString(message.OtherUser(Encoding.UTF8.GetBytes(sender))));
    }
}
