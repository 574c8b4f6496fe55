using System.Net;
using System.Text.Json;
using Chat.Client;
using Chat.EndToEnd.Tests.Clients;
using Chat.EndToEnd.Tests.Running;

namespace Chat.EndToEnd.Tests.Scenarios;

public sealed class TypeScriptScenarioTests : ScenarioContract
{
    private protected override Task<IScriptedClients> StartAsync(bool signalR) => NodeClients.StartAsync(signalR ? "signalr" : "websocket");
}

public sealed class DotnetScenarioTests : ScenarioContract
{
    private protected override Task<IScriptedClients> StartAsync(bool signalR) =>
        Task.FromResult<IScriptedClients>(new DotnetClients(signalR ? ChatTransport.SignalR : ChatTransport.WebSocket));
}

/// <summary>One script of bad luck through every client library and transport; at its end each device holds what the server's log holds.</summary>
public abstract class ScenarioContract
{
    // The server counts no further (docs/protocol.md, Conversations); a client that has the messages may.
    private const int UnreadCap = 100;

    private protected abstract Task<IScriptedClients> StartAsync(bool signalR);

    [Theory, InlineData(true), InlineData(false)]
    public async Task Every_device_ends_with_the_servers_log(bool signalR)
    {
        await using var clients = await StartAsync(signalR);
        await using var server = await ServerProcess.StartAsync();
        await using var player = new ScenarioPlayer(Scenario.Load("bad-network"), server, clients);

        await player.PlayAsync();

        var texts = new List<string>();
        foreach (var (device, user) in player.Opened)
        {
            // A change may still be on its way to the log: a settled device has sent its messages.
            IReadOnlyList<ShownConversation> log = [];
            var difference = "";
            await Until.TrueAsync(
                async () => (difference = Difference(log = await LogOfAsync(user), (await clients.StateAsync(device)).Conversations)) is null,
                $"{device} holds what the server's log holds",
                () => difference ?? "");
            texts.AddRange(log.SelectMany(c => c.Messages).Where(m => m.DeletedBy is null).Select(m => m.Text));
        }

        // Each once: none lost between outbox and log, none stored twice. Devices of one user, and members of one group, see the same.
        Assert.Equal(player.Sent.Order(StringComparer.Ordinal), texts.Distinct().Order(StringComparer.Ordinal));
    }

    private static async Task<IReadOnlyList<ShownConversation>> LogOfAsync(Account user)
    {
        var list = (await user.Rest.GetAsync("/v1/conversations?limit=100")).Expect(HttpStatusCode.OK);
        var conversations = new List<ShownConversation>();
        foreach (var listed in list.Items("conversations"))
        {
            var id = listed.Text("conversationId");
            var messages = (await user.Rest.ReadLogAsync(id)).Select(Shown).ToList();
            var texts = messages.Where(m => m.DeletedBy is null).Select(m => m.Text).ToList();
            Assert.Equal(texts.Count, texts.Distinct().Count());
            conversations.Add(new(id, (int)listed.Number("unreadCount"), listed.Number("readSeqNo"), Waiting: 0, messages, listed.NumberOrNull("mutedUntil") is not null));
        }

        return conversations;
    }

    private static ShownMessage Shown(JsonElement message) => new(
        message.Number("seqNo"), message.Text("messageId"), message.Text("senderId"), message.TextOrNull("text") ?? "", message.NumberOrNull("changedSeqNo") ?? 0,
        message.NumberOrNull("editedAt"), message.TryGetProperty("deleted", out var deletion) ? deletion.Text("by") : null,
        message.TryGetProperty("pinned", out var pinned) && pinned.GetBoolean(),
        message.TryGetProperty("reactions", out var reactions) ? string.Join(' ', reactions.EnumerateArray().Select(ShownReaction)) : "");

    private static string ShownReaction(JsonElement reaction) =>
        $"{reaction.Text("emoji")}{reaction.Number("count")}{(reaction.TryGetProperty("mine", out var mine) && mine.GetBoolean() ? "+" : "")}";

    private static string? Difference(IReadOnlyList<ShownConversation> log, IReadOnlyList<ShownConversation> shown)
    {
        if (!log.Select(c => c.Id).Order(StringComparer.Ordinal).SequenceEqual(shown.Select(c => c.Id).Order(StringComparer.Ordinal)))
            return $"conversations: {string.Join(' ', shown.Select(c => c.Id))}";
        foreach (var (expected, actual) in log.OrderBy(c => c.Id, StringComparer.Ordinal).Zip(shown.OrderBy(c => c.Id, StringComparer.Ordinal)))
        {
            if (!expected.Messages.SequenceEqual(actual.Messages))
                return $"{expected.Id}: {expected.Messages.Count} messages in the log, {actual.Messages.Count} shown; "
                    + $"{expected.Messages.Except(actual.Messages).FirstOrDefault()} in the log, {actual.Messages.Except(expected.Messages).FirstOrDefault()} shown";
            if ((expected.ReadSeqNo, expected.UnreadCount, actual.Waiting) != (actual.ReadSeqNo, Math.Min(actual.UnreadCount, UnreadCap), 0))
                return $"{expected.Id}: {expected.UnreadCount} unread above {expected.ReadSeqNo} by the log, "
                    + $"{actual.UnreadCount} above {actual.ReadSeqNo} shown, {actual.Waiting} waiting";
            if (expected.Muted != actual.Muted)
                return $"{expected.Id}: muted {expected.Muted} by the list, {actual.Muted} shown";
        }

        return null;
    }
}
