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
                    SeenState.Counted(reactions.Select(one => (one.Text("emoji"), one.Number("count")))), ReadUsers(json, "mentions") ?? "", ReadThread(json))
                : null,
            Mentions = ReadUsers(json, "mentions") ?? "",
            ThreadId = json.TextOrNull("threadId"),
            ThreadSeqNo = json.NumberOrNull("threadSeqNo"),
            Timestamp = json.Number("timestamp"),
            ExpiresAt = json.NumberOrNull("expiresAt"),
            Reactions = [.. reactions.Select(one => new SeenReaction(one.Text("emoji"), IsSet(one, "mine"), [.. one.Items("userIds").Select(user => user.GetString()!)]))],
        };
    }

    /// <summary>Whether a change tells what happened to the group; no message is changed by it.</summary>
    public static bool IsNotice(JsonElement change) => change.Text("kind") == "notice";

    /// <summary>Whether a change sets the timer of the conversation; it is of no message.</summary>
    public static bool IsTimer(JsonElement change) => change.Text("kind") == "timer";

    public static LoggedTimer ReadTimer(JsonElement json) => new(json.Text("messageId"), json.Number("seqNo"), json.Text("senderId"), json.Number("seconds"));

    public static LoggedNotice ReadNotice(JsonElement json) => new(
        json.Text("messageId"), json.Number("seqNo"), json.Number("timestamp"),
        new GroupChange(json.Text("senderId"), json.Text("what"), json.TextOrNull("userId") ?? ReadUsers(json, "userIds") ?? "", json.TextOrNull("value")));

    /// <summary>A group as a member's server shows it.</summary>
    public static async Task<SeenGroup> ReadGroupAsync(Account reader, string group)
    {
        var json = (await reader.Rest.GetAsync($"/v1/groups/{group}")).Expect(HttpStatusCode.OK);
        return SeenGroup.Of(json.Text("title"), json.Items("members").Select(member => (member.Text("userId"), member.Text("role"))));
    }

    public static LoggedChange ReadChange(JsonElement json)
    {
        var target = json.GetProperty("target");
        return new(
            json.Text("messageId"), json.Number("seqNo"), json.Text("senderId"), json.TextOrNull("clientMsgId"), json.Number("timestamp"), json.Text("kind"),
            target.Text("messageId"), target.Number("seqNo"), json.TextOrNull("text"), json.TextOrNull("emoji"), IsSet(json, "on"), IsSet(json, "concurrent"),
            ReadUsers(json, "mentions"), json.TextOrNull("threadId"), json.NumberOrNull("threadSeqNo"));
    }

    /// <summary>A conversation's log as one reader sees it, page by page.</summary>
    public static async Task<LogView> ReadLogAsync(Account reader, string conversation)
    {
        var pages = new List<LogView>();
        for (var (after, end) = (0L, 1L); after < end;)
        {
            var page = (await reader.Rest.GetAsync($"/v1/conversations/{conversation}/messages?after={after}&limit=200")).Expect(HttpStatusCode.OK);
            pages.Add(ReadPage(reader, conversation, page));
            (after, end) = (page.Number("nextAfter"), page.Number("maxSeqNo"));
        }
        return ViewOf(reader, conversation, [.. pages.SelectMany(page => page.Messages)]) with
        {
            Changes = [.. pages.SelectMany(page => page.Changes)],
            Notices = [.. pages.SelectMany(page => page.Notices)],
            Timers = [.. pages.SelectMany(page => page.Timers)],
        };
    }

    /// <summary>One page of a conversation's log.</summary>
    public static LogView ReadPage(Account reader, string conversation, JsonElement page)
    {
        List<JsonElement> entries = page.TryGetProperty("changes", out var some) ? [.. some.EnumerateArray()] : [];
        return ViewOf(reader, conversation, [.. page.Items("messages").Select(ReadMessage)]) with
        {
            Changes = [.. entries.Where(change => !IsNotice(change) && !IsTimer(change)).Select(ReadChange)],
            Notices = [.. entries.Where(IsNotice).Select(ReadNotice)],
            Timers = [.. entries.Where(IsTimer).Select(ReadTimer)],
        };
    }

    private static LogView ViewOf(Account reader, string conversation, IReadOnlyList<LoggedMessage> messages) =>
        new(conversation, reader.UserId, messages) { Server = reader.Server.Address.Authority };

    /// <summary>The log as somebody sees it who comes to the group and goes.</summary>
    public static async Task<LogView> ReadAsGuestAsync(Account guest, string conversation, bool isFromJoin)
    {
        var isRefused = (await guest.Rest.GetAsync($"/v1/conversations/{conversation}/messages?limit=1")).Status == HttpStatusCode.Forbidden;
        var view = isRefused ? new LogView(conversation, guest.UserId, []) { Server = guest.Server.Address.Authority } : await ReadLogAsync(guest, conversation);
        return view with { IsGuest = true, IsRefused = isRefused, IsFromJoin = isFromJoin };
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
        var threads = new List<string>();
        await foreach (var page in PagesAsync(reader, $"{path}/threads?limit=3"))
            threads.AddRange(page.Items("threads").Select(root => root.Text("messageId")));
        var ofThreads = new Dictionary<string, IReadOnlyList<string>>(StringComparer.Ordinal);
        foreach (var root in threads.Take(messages))
            ofThreads.Add(root, await ReadThreadAsync(reader, $"{path}/threads/{root}/messages?limit=7"));
        return view with { Lists = lists, Pins = [.. pins.Select(pin => pin.Text("messageId"))], Threads = threads, ThreadMessages = ofThreads };
    }

    /// <summary>A view with what the list of conversations says of it.</summary>
    public static LogView WithListed(this LogView view, IReadOnlyDictionary<string, JsonElement> listed) => listed.TryGetValue(view.ConversationId, out var json)
        ? view with
        {
            Newest = json.TryGetProperty("lastMessage", out var last) && last.ValueKind == JsonValueKind.Object ? ReadMessage(last) : null,
            Timer = json.NumberOrNull("timer") ?? 0,
            Unread = new Unread(json.Number("maxSeqNo"), json.Number("readSeqNo"), json.Number("unreadCount"), IsSet(json, "unreadCapped"), json.NumberOrNull("unreadMentions") ?? 0),
        }
        : view;

    /// <summary>A reader's list of conversations, by their ids.</summary>
    private static async Task<Dictionary<string, JsonElement>> ReadConversationsAsync(Account reader, bool archived)
    {
        var listed = new Dictionary<string, JsonElement>(StringComparer.Ordinal);
        await foreach (var page in PagesAsync(reader, $"/v1/conversations?limit=100{(archived ? "&archived=true" : "")}"))
        {
            // What comes twice is newer then.
            foreach (var one in page.Items("conversations"))
                listed[one.Text("conversationId")] = one;
        }
        return listed;
    }

    private static async IAsyncEnumerable<JsonElement> PagesAsync(Account reader, string path)
    {
        for (string? next = ""; next is not null;)
        {
            var page = (await reader.Rest.GetAsync($"{path}{next}")).Expect(HttpStatusCode.OK);
            yield return page;
            next = page.TextOrNull("next") is { } cursor ? $"&cursor={Uri.EscapeDataString(cursor)}" : null;
        }
    }

    private static async Task<IReadOnlyList<string>> ReadThreadAsync(Account reader, string path)
    {
        var messages = new List<string>();
        for (long? after = 0; after is not null;)
        {
            var page = (await reader.Rest.GetAsync($"{path}&after={after}")).Expect(HttpStatusCode.OK);
            messages.AddRange(page.Items("messages").Select(message => message.Text("messageId")));
            after = page.NumberOrNull("nextAfter");
        }
        return messages;
    }

    private static async Task<MessageLists> ReadListsAsync(Account reader, string path)
    {
        var alone = ReadMessage((await reader.Rest.GetAsync(path)).Expect(HttpStatusCode.OK));
        var reactions = new List<(string, string, long)>();
        await foreach (var page in PagesAsync(reader, $"{path}/reactions?limit=200"))
            reactions.AddRange(page.Items("reactions").Select(one => (one.Text("userId"), one.Text("emoji"), one.Number("seqNo"))));
        var edits = await reader.Rest.GetAsync($"{path}/edits");
        return new MessageLists(alone, reactions, edits.Status == HttpStatusCode.Conflict
            ? null
            : [.. edits.Expect(HttpStatusCode.OK).Items("edits").Select(edit => (edit.Text("messageId"), edit.Text("text")))]);
    }

    private static string? ReadUsers(JsonElement json, string property) =>
        json.TryGetProperty(property, out var users) && users.ValueKind == JsonValueKind.Array ? string.Join(' ', users.EnumerateArray().Select(user => user.GetString())) : null;

    private static SeenThread? ReadThread(JsonElement json) => json.TryGetProperty("thread", out var thread)
        ? new SeenThread(thread.Number("count"), thread.Number("lastSeqNo"), ReadUsers(thread, "userIds") ?? "")
        : null;

    private static bool IsSet(JsonElement json, string property) => json.TryGetProperty(property, out var value) && value.ValueKind == JsonValueKind.True;

    private static string? ReadFile(JsonElement json) => json.TryGetProperty("media", out var media)
        ? string.Join(", ", media.EnumerateArray().Select(file => LoadFiles.Describe(file.Text("mediaId"), file.Number("size"), file.Text("contentType"))))
        : null;

    /// <summary>Lists of conversations, each read once from each server.</summary>
    public sealed class Lists
    {
        private readonly Dictionary<(string UserId, Uri Server, bool Archived), Dictionary<string, JsonElement>> _read = [];

        public async Task<IReadOnlyDictionary<string, JsonElement>> OfAsync(Account reader, bool archived = false)
        {
            var key = (reader.UserId, reader.Server.Address, archived);
            if (!_read.TryGetValue(key, out var listed))
                _read.Add(key, listed = await ReadConversationsAsync(reader, archived));
            return listed;
        }
    }
}
