using System.Globalization;

namespace Chat.Client;

/// <summary>The calls of a user who is signed in. A token that the server refuses is renewed, once, and the call made again.</summary>
internal sealed class ChatApi(RestDoor door, SessionKeeper session)
{
    public Task<ConversationList> GetConversationsAsync(int limit, string? cursor, CancellationToken ct)
    {
        var path = string.Create(CultureInfo.InvariantCulture, $"v1/conversations?limit={limit}");
        return CallAsync(token => door.AskAsync(
            HttpMethod.Get, cursor is null ? path : $"{path}&cursor={Uri.EscapeDataString(cursor)}", null, token, ChatJson.Wire.ConversationList, ct), ct);
    }

    /// <summary>A page upwards: complete from above <paramref name="after"/> to its <c>nextAfter</c>.</summary>
    public Task<Page> GetMessagesAfterAsync(string conversationId, long after, int limit, CancellationToken ct) =>
        GetMessagesAsync(conversationId, string.Create(CultureInfo.InvariantCulture, $"after={after}&limit={limit}"), ct);

    /// <summary>A page downwards: complete from its <c>nextBefore</c>, or from the first message, to below <paramref name="before"/>.</summary>
    public Task<Page> GetMessagesBeforeAsync(string conversationId, long before, int limit, CancellationToken ct) =>
        GetMessagesAsync(conversationId, string.Create(CultureInfo.InvariantCulture, $"before={before}&limit={limit}"), ct);

    public Task<ReceiptTable> GetReceiptsAsync(string conversationId, CancellationToken ct) => CallAsync(token => door.AskAsync(
        HttpMethod.Get, $"v1/conversations/{Part(conversationId)}/receipts", null, token, ChatJson.Wire.ReceiptTable, ct), ct);

    public Task<Group> CreateGroupAsync(string title, IReadOnlyCollection<string> members, History? history, CancellationToken ct) => CallAsync(token =>
        door.AskAsync(HttpMethod.Post, "v1/groups", RestDoor.Body(new NewGroup(title, members, history), ChatJson.Wire.NewGroup), token, ChatJson.Wire.Group, ct), ct);

    public Task<Group> GetGroupAsync(string id, CancellationToken ct) => CallAsync(token =>
        door.AskAsync(HttpMethod.Get, $"v1/groups/{Part(id)}", null, token, ChatJson.Wire.Group, ct), ct);

    public Task<Group> ChangeGroupAsync(string id, string? title, History? history, CancellationToken ct) => CallAsync(token => door.AskAsync(
        HttpMethod.Patch, $"v1/groups/{Part(id)}", RestDoor.Body(new GroupChange(title, history), ChatJson.Wire.GroupChange), token, ChatJson.Wire.Group, ct), ct);

    public Task<Group> AddMembersAsync(string id, IReadOnlyCollection<string> userIds, CancellationToken ct) => CallAsync(token => door.AskAsync(
        HttpMethod.Post, $"v1/groups/{Part(id)}/members", RestDoor.Body(new NewMembers(userIds), ChatJson.Wire.NewMembers), token, ChatJson.Wire.Group, ct), ct);

    public Task RemoveMemberAsync(string id, string userId, CancellationToken ct) => CallAsync(async token =>
    {
        await door.TellAsync(HttpMethod.Delete, $"v1/groups/{Part(id)}/members/{Part(userId)}", null, token, ct);
        return true;
    }, ct);

    public Task<Group> SetRoleAsync(string id, string userId, Role role, CancellationToken ct) => CallAsync(token => door.AskAsync(
        HttpMethod.Patch, $"v1/groups/{Part(id)}/members/{Part(userId)}", RestDoor.Body(new NewRole(role), ChatJson.Wire.NewRole), token, ChatJson.Wire.Group, ct), ct);

    public Task<DeviceList> GetDevicesAsync(CancellationToken ct) => CallAsync(token =>
        door.AskAsync(HttpMethod.Get, "v1/devices", null, token, ChatJson.Wire.DeviceList, ct), ct);

    public Task RevokeDeviceAsync(string deviceId, CancellationToken ct) => CallAsync(async token =>
    {
        await door.TellAsync(HttpMethod.Delete, $"v1/devices/{Part(deviceId)}", null, token, ct);
        return true;
    }, ct);

    private Task<Page> GetMessagesAsync(string conversationId, string query, CancellationToken ct) => CallAsync(token => door.AskAsync(
        HttpMethod.Get, $"v1/conversations/{Part(conversationId)}/messages?{query}", null, token, ChatJson.Wire.Page, ct), ct);

    private async Task<T> CallAsync<T>(Func<string, Task<T>> call, CancellationToken ct)
    {
        var token = await session.GetTokenAsync(TimeSpan.Zero, ct);
        try
        {
            return await call(token);
        }
        catch (ChatException e) when (e.Code is ErrorCodes.Unauthenticated or ErrorCodes.TokenExpired)
        {
            return await call(await session.RenewAsync(token, ct));
        }
    }

    private static string Part(string text) => Uri.EscapeDataString(text);
}
