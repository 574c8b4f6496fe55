using System.Net;
using Chat.EndToEnd.Tests.Clients;
using Chat.EndToEnd.Tests.Running;

namespace Chat.EndToEnd.Tests.BadInput;

/// <summary>No error says whether what the caller may not see exists: foreign and unknown look alike.</summary>
public sealed class LookAlikeTests(SharedServer shared)
{
    private const string UnknownGroup = "g:00000000000000000000000000000000";
    private const string UnknownMessage = "01890000-0000-7000-8000-000000000000";

    [Fact]
    public async Task Foreign_and_unknown_conversations_are_refused_alike_over_REST()
    {
        var (caller, foreign) = await StrangersAsync();
        var calls = new (HttpMethod, string Path, string? Body)[]
        {
            (HttpMethod.Post, "/v1/messages", """{"to":"$c","text":"x","clientMsgId":"1"}"""),
            (HttpMethod.Get, "/v1/conversations/$c/messages?after=0", null),
            (HttpMethod.Get, "/v1/conversations/$c/receipts", null),
            (HttpMethod.Get, "/v1/groups/$c", null),
            (HttpMethod.Patch, "/v1/groups/$c", """{"title":"mine"}"""),
            (HttpMethod.Post, "/v1/groups/$c/members", """{"members":["eve"]}"""),
            (HttpMethod.Delete, $"/v1/groups/$c/members/{foreign.Member.UserId}", null),
            (HttpMethod.Patch, $"/v1/groups/$c/members/{foreign.Member.UserId}", """{"role":"admin"}"""),
        };

        foreach (var (method, path, body) in calls)
        {
            var answers = new List<string>();
            foreach (var conversation in new[] { UnknownGroup, foreign.Group })
            {
                var answer = await caller.Rest.SendAsync(
                    method, path.Replace("$c", conversation, StringComparison.Ordinal), body?.Replace("$c", conversation, StringComparison.Ordinal));
                var problem = answer.ExpectProblem(HttpStatusCode.Forbidden, "not_a_member");
                answers.Add(Alike.Of(problem).Replace(conversation, "$c", StringComparison.Ordinal));
            }

            Assert.Equal(answers[0], answers[1]);
        }
    }

    [Fact]
    public async Task Foreign_and_unknown_conversations_are_refused_alike_over_the_WebSocket()
    {
        var (caller, foreign) = await StrangersAsync();
        await using var client = await caller.ConnectCaughtUpAsync();
        var frames = new (string Type, Func<string, object> Fields)[]
        {
            ("message", c => new { to = c, text = "x", clientMsgId = "1" }),
            ("sync", c => new { conversationId = c, after = 0, limit = 10 }),
            ("ack", c => new { conversationId = c, seqNo = 1, status = "read" }),
            ("typing", c => new { conversationId = c, active = true }),
        };

        foreach (var (type, fields) in frames)
        {
            var errors = new List<string>();
            foreach (var conversation in new[] { UnknownGroup, foreign.Group, foreign.Direct })
            {
                await client.SendAsync(type, fields(conversation));
                var error = await client.ExpectErrorAsync("not_a_member");
                errors.Add(Alike.Of(error.Json).Replace(conversation, "$c", StringComparison.Ordinal));
            }

            Assert.Single(errors.Distinct());
        }
    }

    [Fact]
    public async Task Foreign_and_unknown_messages_are_refused_alike()
    {
        var (caller, foreign) = await StrangersAsync();
        await using var client = await caller.ConnectCaughtUpAsync();

        var errors = new List<string>();
        foreach (var messageId in new[] { UnknownMessage, foreign.MessageId })
        {
            await client.SendAsync("ack", new { messageId, status = "delivered" });
            errors.Add(Alike.Of((await client.ExpectErrorAsync("not_a_member")).Json));
        }

        Assert.Equal(errors[0], errors[1]);
    }

    [Fact]
    public async Task Foreign_and_unknown_conversations_are_refused_alike_over_the_hub()
    {
        var (caller, foreign) = await StrangersAsync();
        await using var client = await HubClient.ConnectAsync(caller);
        var calls = new Func<string, Task>[]
        {
            c => client.SendTextAsync(c, "x", "1"),
            c => client.SyncAsync(new { conversationId = c, after = 0, limit = 10 }),
            c => client.AckAsync(c, 1),
            c => client.TypingAsync(new { conversationId = c, active = true }),
        };

        foreach (var call in calls)
        {
            var refusals = new List<string>();
            foreach (var conversation in new[] { UnknownGroup, foreign.Group, foreign.Direct })
            {
                var refusal = await Assert.ThrowsAsync<RefusedException>(() => call(conversation));
                Assert.Equal("not_a_member", refusal.Code);
                refusals.Add(refusal.Text);
            }

            Assert.Single(refusals.Distinct());
        }
    }

    [Fact]
    public async Task A_message_to_a_user_that_does_not_exist_is_taken_like_any_other()
    {
        var (caller, foreign) = await StrangersAsync();

        var toSomebody = (await caller.Rest.SendMessageAsync($"@{foreign.Member.UserId}", "hello", "1")).Expect(HttpStatusCode.Created);
        var toNobody = (await caller.Rest.SendMessageAsync("@nobody-has-this-id-either", "hello", "2")).Expect(HttpStatusCode.Created);

        Assert.Equal(Account.Direct(caller.UserId, foreign.Member.UserId), toSomebody.Text("conversationId"));
        Assert.Equal(Account.Direct(caller.UserId, "nobody-has-this-id-either"), toNobody.Text("conversationId"));
    }

    private async Task<(Account Caller, Foreign Foreign)> StrangersAsync()
    {
        var caller = await shared.NewUserAsync("stranger");
        var owner = await shared.NewUserAsync("owner");
        var member = await shared.NewUserAsync("member");
        var group = await owner.CreateGroupAsync("Private", member);
        var sent = (await owner.Rest.SendMessageAsync(group, "secret", "1")).Expect(HttpStatusCode.Created);
        (await owner.Rest.SendMessageAsync(owner.DirectTo(member), "secret", "2")).Expect(HttpStatusCode.Created);
        return (caller, new Foreign(group, owner.DirectTo(member), sent.Text("messageId"), member));
    }

    private sealed record Foreign(string Group, string Direct, string MessageId, Account Member);
}
