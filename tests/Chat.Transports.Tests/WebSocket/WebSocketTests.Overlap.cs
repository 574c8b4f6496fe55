using System.Net.WebSockets;
using System.Text.Json;
using Chat.BuildingBlocks.Errors;
using Chat.BuildingBlocks.Ids;
using Chat.Modules.Delivery.Contracts;
using Chat.Modules.Messaging.Contracts;

namespace Chat.Transports.Tests.WebSocket;

public sealed partial class WebSocketTests
{
    [Fact]
    public async Task Messages_overlap_and_their_answers_leave_in_the_order_sent()
    {
        await using var client = await ConnectAsync();
        var sends = new PendingSends(_host!.Mediator);

        foreach (var n in Enumerable.Range(1, 4))
            await client.SendAsync(Message(n));
        await sends.BegunAsync(4);
        sends.End("c4", PendingSends.Sent(4));
        sends.End("c3", MessagingErrors.NotAMember);
        sends.Fail("c2", new InvalidOperationException("bug"));
        sends.End("c1", PendingSends.Sent(1));

        Assert.Equal(["c1", "c2", "c3", "c4"], sends.Begun);
        Assert.Equal(["ack c1", "internal c2", "not_a_member c3", "ack c4"], await AnswersAsync(client, 4));
    }

    [Fact]
    public async Task What_is_no_message_waits_for_the_messages_before_it_and_a_message_waits_for_all_but_acks()
    {
        await using var client = await ConnectAsync();
        var sends = new PendingSends(_host!.Mediator);
        _host.Mediator
            .Answer<Acknowledge, Result<Done>>(_ =>
            {
                sends.Note("acknowledged");
                return default(Done);
            })
            .Answer<GetMessages, Result<MessagePage>>(get =>
            {
                sends.Note("read");
                return new MessagePage(get.Conversation, [], get.After, null, SeqNo.None);
            });

        await client.SendAsync(Message(1));
        await client.SendAsync("""{"type":"ack","conversationId":"dm:alice:bob","seqNo":1,"status":"read"}""");
        await client.SendAsync(Message(2));
        await client.SendAsync("""{"type":"sync","conversationId":"dm:alice:bob"}""");
        await client.SendAsync(Message(3));
        await sends.BegunAsync(2);
        sends.End("c1", PendingSends.Sent(1));
        await sends.BegunAsync(3);
        sends.End("c2", PendingSends.Sent(2));
        await sends.BegunAsync(5);
        sends.End("c3", PendingSends.Sent(3));

        Assert.Equal(["c1", "c2", "acknowledged", "read", "c3"], sends.Begun);
        Assert.Equal(["ack c1", "ack c2", "page ", "ack c3"], await AnswersAsync(client, 4));
    }

    [Theory]
    [InlineData("MaxCommandsInFlight", "2", 10, 2)]
    [InlineData("MaxCommandBytesInFlight", "32768", 20_000, 1)]
    public async Task No_more_messages_are_under_way_than_the_options_allow(string option, string limit, int textBytes, int most)
    {
        await using var client = await ConnectAsync(null, (option, limit));
        var sends = new PendingSends(_host!.Mediator);

        foreach (var n in Enumerable.Range(1, 20))
            await client.SendAsync(Message(n, textBytes));
        foreach (var n in Enumerable.Range(1, 20))
        {
            await sends.BegunAsync(Math.Min(n + most - 1, 20));
            Assert.InRange(sends.Begun.Count, n, n + most - 1);
            sends.End($"c{n}", PendingSends.Sent(n));
        }

        Assert.Equal(Enumerable.Range(1, 20).Select(n => $"ack c{n}"), await AnswersAsync(client, 20));
    }

    [Fact]
    public async Task A_client_that_closes_gets_the_answers_of_what_it_sent_before()
    {
        await using var client = await ConnectAsync();
        var sends = new PendingSends(_host!.Mediator);

        await client.SendAsync(Message(1));
        await client.SendAsync(Message(2));
        await client.Socket.CloseOutputAsync(WebSocketCloseStatus.NormalClosure, null, Ct);
        await sends.BegunAsync(2);
        sends.End("c1", PendingSends.Sent(1));
        sends.End("c2", PendingSends.Sent(2));

        Assert.Equal(["ack c1", "ack c2"], await AnswersAsync(client, 2));
        Assert.StartsWith("1000", await client.NextAsync(), StringComparison.Ordinal);
    }

    private static string Message(int n, int textBytes = 5) =>
        $$"""{"type":"message","to":"@bob","text":"{{new string('x', textBytes)}}","clientMsgId":"c{{n}}"}""";

    // Each as its code, or its type where it is no error, and the attempt that it names.
    private static async Task<List<string>> AnswersAsync(SocketClient client, int count)
    {
        var answers = new List<string>();
        while (answers.Count < count)
        {
            var frame = JsonDocument.Parse(await client.NextAsync()).RootElement;
            var kind = frame.TryGetProperty("code", out var code) ? code : frame.GetProperty("type");
            answers.Add($"{kind} {(frame.TryGetProperty("clientMsgId", out var id) ? id.GetString() : "")}");
        }
        return answers;
    }
}
