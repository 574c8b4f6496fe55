using System.Net;
using System.Text.Json;
using Chat.EndToEnd.Tests.Clients;
using Chat.EndToEnd.Tests.Running;

namespace Chat.EndToEnd.Tests.Durability;

/// <summary>One (sender, clientMsgId) is one message with one answer: through every transport, before and after a restart.</summary>
public sealed class RetryTests
{
    private static readonly string[] _transports = ["ws", "hub json", "hub messagepack", "rest"];

    [Fact]
    public async Task Retries_through_every_transport_answer_with_the_first_result_before_and_after_a_crash()
    {
        await using var server = await ServerProcess.StartAsync();
        var sender = await Account.RegisterAsync(server, "sender");
        var firstAnswers = new Dictionary<string, (string, long)>(StringComparer.Ordinal);
        await using (var clients = await Clients.OpenAsync(sender))
        {
            foreach (var firstTransport in _transports)
            {
                firstAnswers[firstTransport] = await clients.SendAsync(firstTransport, "hello", $"first through {firstTransport}");
                foreach (var transport in _transports)
                    Assert.Equal(firstAnswers[firstTransport], await clients.SendAsync(transport, "hello", $"first through {firstTransport}"));
            }
        }

        await server.KillHardAsync();
        await server.StartAgainAsync();

        await using var clientsAgain = await Clients.OpenAsync(sender);
        foreach (var (firstTransport, first) in firstAnswers)
        {
            foreach (var transport in _transports)
                Assert.Equal(first, await clientsAgain.SendAsync(transport, "another text", $"first through {firstTransport}"));
        }

        var log = await sender.Rest.ReadLogAsync(Clients.Conversation(sender));
        Assert.Equal(firstAnswers.Values.Select(a => a.Item1), log.Select(m => m.Text("messageId")));
        Assert.All(log, m => Assert.Equal("hello", m.Text("text")));
    }

    [Fact]
    public async Task Retries_at_the_same_time_wait_for_the_one_result()
    {
        await using var server = await ServerProcess.StartAsync();
        var sender = await Account.RegisterAsync(server, "sender");
        await using var clients = await Clients.OpenAsync(sender);

        for (var i = 0; i < 50; i++)
        {
            var answers = await Task.WhenAll(_transports.Concat(_transports).Select(transport => clients.SendAsync(transport, "hello", $"{i}")));
            Assert.Single(answers.Distinct());
        }

        Assert.Equal(50, (await sender.Rest.ReadLogAsync(Clients.Conversation(sender))).Count);
    }

    [Fact]
    public async Task A_retry_to_another_conversation_answers_with_the_first_one()
    {
        await using var server = await ServerProcess.StartAsync();
        var sender = await Account.RegisterAsync(server, "sender");

        var first = (await sender.Rest.SendMessageAsync("@bob", "hello", "1")).Expect(HttpStatusCode.Created);
        var retry = (await sender.Rest.SendMessageAsync("@carol", "hello", "1")).Expect(HttpStatusCode.OK);

        Assert.Equal(first.GetRawText(), retry.GetRawText());
        var list = (await sender.Rest.GetAsync("/v1/conversations")).Expect(HttpStatusCode.OK);
        Assert.Single(list.Items("conversations"));
    }

    [Fact]
    public async Task The_same_clientMsgId_of_another_user_is_another_message()
    {
        await using var server = await ServerProcess.StartAsync();
        var alice = await Account.RegisterAsync(server, "alice");
        var bob = await Account.RegisterAsync(server, "bob");

        var one = (await alice.Rest.SendMessageAsync(alice.DirectTo(bob), "hello", "1")).Expect(HttpStatusCode.Created);
        var other = (await bob.Rest.SendMessageAsync(alice.DirectTo(bob), "hello", "1")).Expect(HttpStatusCode.Created);

        Assert.NotEqual(one.Text("messageId"), other.Text("messageId"));
        Assert.Equal([1, 2], (await alice.Rest.ReadLogAsync(alice.DirectTo(bob))).Select(m => m.Number("seqNo")));
    }

    [Fact]
    public async Task The_epoch_and_all_places_survive_a_crash()
    {
        await using var server = await ServerProcess.StartAsync();
        var alice = await Account.RegisterAsync(server, "alice");
        for (var i = 0; i < 20; i++)
            (await alice.Rest.SendMessageAsync("@bob", $"{i}", $"{i}")).Expect(HttpStatusCode.Created);
        var listBefore = (await alice.Rest.GetAsync("/v1/conversations")).Expect(HttpStatusCode.OK);
        var logBefore = await alice.Rest.ReadLogAsync(Account.Direct("alice", "bob"));

        await server.KillHardAsync();
        await server.StartAgainAsync();

        Assert.Equal(listBefore.GetRawText(), (await alice.Rest.GetAsync("/v1/conversations")).Expect(HttpStatusCode.OK).GetRawText());
        Assert.Equal(logBefore.Select(m => m.GetRawText()), (await alice.Rest.ReadLogAsync(Account.Direct("alice", "bob"))).Select(m => m.GetRawText()));
        var next = (await alice.Rest.SendMessageAsync("@bob", "next", "next")).Expect(HttpStatusCode.Created);
        Assert.True(next.Number("seqNo") > logBefore[^1].Number("seqNo"));
    }

    /// <summary>One user behind all transports at once: each has its own device, for a device has one connection.</summary>
    private sealed class Clients : IAsyncDisposable
    {
        private readonly Account _sender;
        private readonly Dictionary<string, IChatClient> _clients = new(StringComparer.Ordinal);

        private Clients(Account sender) => _sender = sender;

        public static string Conversation(Account sender) => Account.Direct(sender.UserId, "bob");

        public static async Task<Clients> OpenAsync(Account sender)
        {
            var clients = new Clients(sender);
            clients._clients["ws"] = await (await sender.LogInAsync("ws")).ConnectAsync();
            clients._clients["hub json"] = await HubClient.ConnectAsync(await sender.LogInAsync("json"));
            clients._clients["hub messagepack"] = await HubClient.ConnectAsync(await sender.LogInAsync("messagepack"), messagePack: true);
            return clients;
        }

        public async Task<(string MessageId, long SeqNo)> SendAsync(string transport, string text, string clientMsgId)
        {
            JsonElement ack;
            if (_clients.TryGetValue(transport, out var client))
            {
                ack = await client.SendTextAsync("@bob", text, clientMsgId);
            }
            else
            {
                var answer = await _sender.Rest.SendMessageAsync("@bob", text, clientMsgId);
                Assert.True(answer.Status is HttpStatusCode.Created or HttpStatusCode.OK, answer.Content);
                ack = answer.Json;
            }

            Assert.Equal(Conversation(_sender), ack.Text("conversationId"));
            Assert.Equal(clientMsgId, ack.Text("clientMsgId"));
            Assert.Equal("sent", ack.Text("status"));
            return (ack.Text("messageId"), ack.Number("seqNo"));
        }

        public async ValueTask DisposeAsync()
        {
            foreach (var client in _clients.Values)
                await client.DisposeAsync();
        }
    }
}
