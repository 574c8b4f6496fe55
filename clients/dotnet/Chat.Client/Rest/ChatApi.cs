using System.Text.Json.Serialization.Metadata;

namespace Chat.Client;

/// <summary>The REST calls of the signed-in user whose bodies are JSON.</summary>
internal sealed class ChatApi(RestClient rest, SessionTokens session)
{
    private static readonly ChatJson Json = ChatJson.Wire;

    /// <summary>A page of the archived conversations, or of all others.</summary>
    public Task<ConversationList> GetConversationsAsync(int limit, string? cursor, bool archived, CancellationToken ct)
    {
        var from = cursor is null ? "" : $"&cursor={Uri.EscapeDataString(cursor)}";
        return GetAsync(Path($"v1/conversations?limit={limit}{from}{(archived ? "&archived=true" : "")}"), Json.ConversationList, ct);
    }

    /// <summary>A page upwards: complete from above <paramref name="after"/> to its <c>nextAfter</c>.</summary>
    public Task<Page> GetMessagesAfterAsync(string id, long after, int limit, CancellationToken ct) =>
        GetAsync(Path($"v1/conversations/{Part(id)}/messages?after={after}&limit={limit}"), Json.Page, ct);

    /// <summary>A page downwards: complete from its <c>nextBefore</c>, or from the first message, to below <paramref name="before"/>.</summary>
    public Task<Page> GetMessagesBeforeAsync(string id, long before, int limit, CancellationToken ct) =>
        GetAsync(Path($"v1/conversations/{Part(id)}/messages?before={before}&limit={limit}"), Json.Page, ct);

    public Task<Message> GetMessageAsync(string id, string messageId, CancellationToken ct) => GetAsync(PathOf(id, messageId), Json.Message, ct);

    public Task<ReactionPage> GetReactionsAsync(string id, string messageId, string? emoji, string? cursor, CancellationToken ct)
    {
        var only = emoji is null ? "" : $"&emoji={Part(emoji)}";
        var from = cursor is null ? "" : $"&cursor={Part(cursor)}";
        return GetAsync($"{PathOf(id, messageId)}/reactions?limit=200{only}{from}", Json.ReactionPage, ct);
    }

    public Task<EditList> GetEditsAsync(string id, string messageId, CancellationToken ct) => GetAsync($"{PathOf(id, messageId)}/edits", Json.EditList, ct);

    public Task<PinList> GetPinsAsync(string id, string? cursor, CancellationToken ct) =>
        GetAsync($"v1/conversations/{Part(id)}/pins{(cursor is null ? "" : $"?cursor={Part(cursor)}")}", Json.PinList, ct);

    public Task<ThreadList> GetThreadsAsync(string id, string? cursor, CancellationToken ct) =>
        GetAsync($"v1/conversations/{Part(id)}/threads{(cursor is null ? "" : $"?cursor={Part(cursor)}")}", Json.ThreadList, ct);

    public Task<ThreadPage> GetThreadMessagesAsync(string id, string rootId, long? after, long? before, int? limit, CancellationToken ct)
    {
        string[] query = [.. Named("after", after), .. Named("before", before), .. Named("limit", limit)];
        var path = $"v1/conversations/{Part(id)}/threads/{Part(rootId)}/messages";
        return GetAsync(query.Length == 0 ? path : $"{path}?{string.Join('&', query)}", Json.ThreadPage, ct);

        static IEnumerable<string> Named(string name, long? value) => value is { } given ? [Path($"{name}={given}")] : [];
    }

    public Task<ReceiptTable> GetReceiptsAsync(string id, CancellationToken ct) =>
        GetAsync($"v1/conversations/{Part(id)}/receipts", Json.ReceiptTable, ct);

    /// <returns>All own settings of the conversation.</returns>
    public Task<OwnSettings> ChangeSettingsAsync(string id, OwnSettings change, CancellationToken ct) => CallAsync(
        caller => rest.AskAsync(
            HttpMethod.Patch, $"v1/conversations/{Part(id)}/mine", RestClient.Body(change, Json.OwnSettings), caller, Json.OwnSettings, ct), ct);

    public Task<PushKey> GetPushKeyAsync(CancellationToken ct) => GetAsync("v1/push/key", Json.PushKey, ct);

    public Task SubscribePushAsync(PushSubscription subscription, CancellationToken ct) =>
        TellAsync(HttpMethod.Put, "v1/push", () => RestClient.Body(subscription, Json.PushSubscription), ct);

    public Task UnsubscribePushAsync(CancellationToken ct) => DeleteAsync("v1/push", ct);

    public Task<Group> CreateGroupAsync(string title, IReadOnlyCollection<string> members, History? history, CancellationToken ct) =>
        ChangeAsync(HttpMethod.Post, "v1/groups", new NewGroup(title, members, history), Json.NewGroup, ct);

    public Task<Group> GetGroupAsync(string id, CancellationToken ct) => GetAsync($"v1/groups/{Part(id)}", Json.Group, ct);

    public Task<Group> ChangeGroupAsync(string id, string? title, History? history, CancellationToken ct) =>
        ChangeAsync(HttpMethod.Patch, $"v1/groups/{Part(id)}", new GroupChange(title, history), Json.GroupChange, ct);

    public Task<Group> AddMembersAsync(string id, IReadOnlyCollection<string> userIds, CancellationToken ct) =>
        ChangeAsync(HttpMethod.Post, $"v1/groups/{Part(id)}/members", new NewMembers(userIds), Json.NewMembers, ct);

    public Task<Group> SetRoleAsync(string id, string userId, Role role, CancellationToken ct) =>
        ChangeAsync(HttpMethod.Patch, $"v1/groups/{Part(id)}/members/{Part(userId)}", new NewRole(role), Json.NewRole, ct);

    public Task RemoveMemberAsync(string id, string userId, CancellationToken ct) => DeleteAsync($"v1/groups/{Part(id)}/members/{Part(userId)}", ct);

    public Task<DeviceList> GetDevicesAsync(CancellationToken ct) => GetAsync("v1/devices", Json.DeviceList, ct);

    public Task RevokeDeviceAsync(string deviceId, CancellationToken ct) => DeleteAsync($"v1/devices/{Part(deviceId)}", ct);

    private Task<T> GetAsync<T>(string path, JsonTypeInfo<T> type, CancellationToken ct) =>
        CallAsync(caller => rest.AskAsync(HttpMethod.Get, path, null, caller, type, ct), ct);

    // The body is made for each attempt: a request disposes of it.
    private Task<Group> ChangeAsync<TBody>(HttpMethod method, string path, TBody body, JsonTypeInfo<TBody> type, CancellationToken ct) =>
        CallAsync(caller => rest.AskAsync(method, path, RestClient.Body(body, type), caller, Json.Group, ct), ct);

    private Task DeleteAsync(string path, CancellationToken ct) => TellAsync(HttpMethod.Delete, path, () => null, ct);

    private async Task TellAsync(HttpMethod method, string path, Func<HttpContent?> body, CancellationToken ct) => await CallAsync(async caller =>
    {
        await rest.TellAsync(method, path, body(), caller, ct);
        return true;
    }, ct);

    private Task<T> CallAsync<T>(Func<Caller, Task<T>> call, CancellationToken ct) => session.CallAsync(call, ct);

    private static string PathOf(string id, string messageId) => $"v1/conversations/{Part(id)}/messages/{Part(messageId)}";

    private static string Part(string text) => Uri.EscapeDataString(text);

    private static string Path(FormattableString path) => FormattableString.Invariant(path);
}
