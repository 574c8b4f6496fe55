using System.Net;
using System.Text.Json;
using Chat.EndToEnd.Tests.Clients;
using Chat.EndToEnd.Tests.History;

namespace Chat.EndToEnd.Tests.Load;

/// <summary>What a server says of messages and their changes, as the checker wants it.</summary>
internal static class LoadReading
{
    public static LoggedMessage ReadMessage(JsonElement json)
    {
        var reactions = json.TryGetProperty("reactions", out var some) ? some.EnumerateArray().ToList() : [];
        var deleted = json.TryGetProperty("deleted", out var by) ? SeenState.DeletedBy(by.Text("by"), by.Number("at")) : null;
        return new(json.Text("messageId"), json.Number("seqNo"), json.Text("senderId"), json.TextOrNull("clientMsgId"), json.TextOrNull("text") ?? "", ReadFile(json))
        {
            State = json.NumberOrNull("changedSeqNo") is { } changedSeqNo
                ? new SeenState(
                    changedSeqNo, json.TextOrNull("text"), json.NumberOrNull("editedAt"), IsSet(json, "concurrent"), deleted, IsSet(json, "pinned"),
                    SeenState.Counted(reactions.Select(one => (one.Text("emoji"), one.Number("count")))))
                : null,
            Reactions = [.. reactions.Select(one => new SeenReaction(one.Text("emoji"), IsSet(one, "mine"), [.. one.Items("userIds").Select(user => user.GetString()!)]))],
        };
    }

    /// <summary>Whether a change tells what happened to the group; no message is changed by it.</summary>
    public static bool IsNotice(JsonElement change) => change.Text("kind") == "notice";

    public static LoggedChange ReadChange(JsonElement json)
    {
        var target = json.GetProperty("target");
        return new(
            json.Text("messageId"), json.Number("seqNo"), json.Text("senderId"), json.TextOrNull("clientMsgId"), json.Number("timestamp"), json.Text("kind"),
            target.Text("messageId"), target.Number("seqNo"), json.TextOrNull("text"), json.TextOrNull("emoji"), IsSet(json, "on"), IsSet(json, "concurrent"));
    }

    /// <summary>A conversation's log as one reader sees it, page by page.</summary>
    public static async Task<LogView> ReadLogAsync(Account reader, string conversation)
    {
        var (messages, changes) = (new List<LoggedMessage>(), new List<LoggedChange>());
        for (var (after, end) = (0L, 1L); after < end;)
        {
            var page = (await reader.Rest.GetAsync($"/v1/conversations/{conversation}/messages?after={after}&limit=200")).Expect(HttpStatusCode.OK);
            messages.AddRange(page.Items("messages").Select(ReadMessage));
            if (page.TryGetProperty("changes", out var some))
                changes.AddRange(some.EnumerateArray().Where(change => !IsNotice(change)).Select(ReadChange));
            (after, end) = (page.Number("nextAfter"), page.Number("maxSeqNo"));
        }
        return new LogView(conversation, reader.UserId, messages) { Server = reader.Server.Address.Authority, Changes = changes };
    }

    /// <summary>The same with the lists: of the pins, and of those messages that were changed most.</summary>
    public static async Task<LogView> ReadListsAsync(Account reader, LogView view, int messages)
    {
        var path = $"/v1/conversations/{view.ConversationId}";
        var most = view.Messages.Where(message => message.State is not null)
            .OrderByDescending(message => view.Changes.Count(change => change.Target == message.MessageId)).Take(messages).ToList();
        var lists = new List<MessageLists>();
        foreach (var message in most)
            lists.Add(await ReadListsAsync(reader, $"{path}/messages/{message.MessageId}"));
        var pins = (await reader.Rest.GetAsync($"{path}/pins")).Expect(HttpStatusCode.OK).Items("messages");
        return view with { Lists = lists, Pins = [.. pins.Select(pin => pin.Text("messageId"))] };
    }

    /// <summary>The newest message of each conversation of a reader.</summary>
    public static async Task<Dictionary<string, LoggedMessage>> ReadNewestAsync(Account reader) =>
        (await reader.Rest.GetAsync("/v1/conversations?limit=100")).Expect(HttpStatusCode.OK).Items("conversations")
            .Where(one => one.TryGetProperty("lastMessage", out var last) && last.ValueKind == JsonValueKind.Object)
            .ToDictionary(one => one.Text("conversationId"), one => ReadMessage(one.GetProperty("lastMessage")), StringComparer.Ordinal);

    private static async Task<MessageLists> ReadListsAsync(Account reader, string path)
    {
        var alone = ReadMessage((await reader.Rest.GetAsync(path)).Expect(HttpStatusCode.OK));
        var reactions = new List<(string, string, long)>();
        for (string? next = ""; next is not null;)
        {
            var page = (await reader.Rest.GetAsync($"{path}/reactions?limit=200{next}")).Expect(HttpStatusCode.OK);
            reactions.AddRange(page.Items("reactions").Select(one => (one.Text("userId"), one.Text("emoji"), one.Number("seqNo"))));
            next = page.TextOrNull("next") is { } cursor ? $"&cursor={cursor}" : null;
        }
        var edits = await reader.Rest.GetAsync($"{path}/edits");
        return new MessageLists(alone, reactions, edits.Status == HttpStatusCode.Conflict
            ? null
            : [.. edits.Expect(HttpStatusCode.OK).Items("edits").Select(edit => (edit.Text("messageId"), edit.Text("text")))]);
    }

    private static bool IsSet(JsonElement json, string property) => json.TryGetProperty(property, out var value) && value.ValueKind == JsonValueKind.True;

    private static string? ReadFile(JsonElement json) => json.TryGetProperty("media", out var media)
        ? string.Join(", ", media.EnumerateArray().Select(file => LoadFiles.Describe(file.Text("mediaId"), file.Number("size"), file.Text("contentType"))))
        : null;
}
