using System.Text;
using Chat.Bench.Wire;

namespace Chat.Bench.Tests;

public sealed class HubFramesTests
{
    private const string Message =
        """{"type":1,"target":"message","arguments":[{"messageId":"m","conversationId":"dm:a:b","seqNo":7,"senderId":"a","text":"hi","media":[{"seqNo":1}]}]}""";
    private const string Result = """{"type":3,"invocationId":"1","result":{"clientMsgId":"c","seqNo":8,"status":"sent"}}""";
    private const string Receipt = """{"type":1,"target":"ack","arguments":[{"seqNo":9,"userId":"b","status":"delivered"}]}""";
    private const string Refusal =
        """{"type":3,"invocationId":"1","error":"An unexpected error occurred invoking 'SendMessage' on the server. HubException: rate_limited: slowly"}""";

    private readonly List<string> taken = [];
    private readonly HubFrames frames;

    public HubFramesTests() => frames = new HubFrames(frame => taken.Add(
        $"{frame.Type} {frame.Status} {frame.SeqNo} {Encoding.UTF8.GetString(frame.ClientMsgId)}{Encoding.UTF8.GetString(frame.Text)}{Encoding.UTF8.GetString(frame.Code)}"));

    [Theory]
    [InlineData(1)]
    [InlineData(7)]
    [InlineData(int.MaxValue)]
    public void Messages_of_SignalR_are_taken_as_frames_however_they_are_cut(int partLength)
    {
        var bytes = Encoding.UTF8.GetBytes(string.Concat(new[] { "{}", Message, Result, Receipt, Refusal, """{"type":6}""" }.Select(record => $"{record}\u001e")));

        foreach (var part in bytes.Chunk(partLength))
            frames.OnFrame(part);

        Assert.Equal(["Other None 0 ", "Message None 7 hi", "Ack Sent 8 c", "Ack Delivered 9 ", "Error None 0 rate_limited", "Other None 0 "], taken);
    }

    [Fact]
    public void The_end_of_a_connection_is_an_error()
    {
        frames.OnFrame(Encoding.UTF8.GetBytes("""{"type":7,"error":"replaced: by a newer one","allowReconnect":false}""" + "\u001e"));

        Assert.Equal(["Error None 0 replaced"], taken);
    }
}
