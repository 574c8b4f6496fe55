using System.Collections.Concurrent;
using System.Collections.Specialized;
using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json.Serialization.Metadata;
using System.Web;

namespace Chat.Client.Tests.Fakes;

/// <summary>The REST interface of a <see cref="FakeServer"/>.</summary>
internal sealed class FakeRest(FakeServer server) : HttpMessageHandler
{
    /// <summary>Called with each request's path and query, before it is answered; may hold it back.</summary>
    public Func<string, Task> Before { get; set; } = _ => Task.CompletedTask;

    /// <summary>Called with each answer's path and query, before it is sent; may hold it back.</summary>
    public Func<string, Task> After { get; set; } = _ => Task.CompletedTask;

    /// <summary>What something in between says of groups and to renewals, in the server's place.</summary>
    public HttpStatusCode? ProxyPage { get; set; }

    /// <summary>The code that the conversation list is refused with.</summary>
    public string? ListRefusal { get; set; }

    /// <summary>How long the list is to be left alone, where it is refused; 0: the server does not say.</summary>
    public int RetryAfterSeconds { get; set; }

    /// <summary>The code that a change of the password is refused with.</summary>
    public string? PasswordRefusal { get; set; }

    public FakeMedia Media { get; } = new();

    /// <summary>All requests, as method and path with query, without the routing hint.</summary>
    public ConcurrentQueue<string> Asked { get; } = new();

    /// <summary>The routing hint of each request.</summary>
    public ConcurrentQueue<string?> Hints { get; } = new();

    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        var query = HttpUtility.ParseQueryString(request.RequestUri!.Query);
        Hints.Enqueue(query["user"]);
        query.Remove("user");
        var path = request.RequestUri.AbsolutePath + (query.Count > 0 ? $"?{query}" : "");
        Asked.Enqueue($"{request.Method} {path}");
        await Before(path);
        if (server.RestFault is { } fault)
            throw fault;
        if (path.StartsWith("/v1/auth/", StringComparison.Ordinal))
            return await AuthAsync(path, request.Content!, request.Headers.Authorization?.Parameter);
        if (request.Headers.Authorization?.Parameter != server.CurrentToken)
            return Refuse(HttpStatusCode.Unauthorized, ErrorCodes.Unauthenticated);
        var answer = await AnswerAsync(request, query, path, cancellationToken);
        await After(path);
        return answer;
    }

    private async Task<HttpResponseMessage> AnswerAsync(
        HttpRequestMessage request, NameValueCollection query, string path, CancellationToken cancellationToken)
    {
        var parts = request.RequestUri!.AbsolutePath.Split('/').Select(Uri.UnescapeDataString).ToArray();
        return parts switch
        {
            [_, _, "media", ..] => await Media.AnswerAsync(request, path, cancellationToken),
            [_, _, "conversations"] when ListRefusal is { } code => Refuse(HttpStatusCode.InternalServerError, code, RetryAfterSeconds),
            [_, _, "conversations"] => Json(server.List(Rig.Me, query["archived"] == "true"), ChatJson.Wire.ConversationList),
            [_, _, "conversations", var id, "messages"] => Json(
                query["before"] is { } before ? server.PageBefore(id, Number(before), (int)Number(query["limit"])) : server.PageAfter(id, Number(query["after"]), (int)Number(query["limit"])),
                ChatJson.Wire.Page),
            [_, _, "conversations", var id, "messages", var messageId] => Json(server.Log(id).Single(message => message.MessageId == messageId), ChatJson.Wire.Message),
            [_, _, "conversations", _, "messages", var messageId, "reactions"] => Json(
                new ReactionPage([new ReactionOf(messageId, query["emoji"] ?? "", Number(query["limit"]))], query["cursor"]), ChatJson.Wire.ReactionPage),
            [_, _, "conversations", var id, "messages", var messageId, "edits"] => Json(server.Edits(id, messageId), ChatJson.Wire.EditList),
            [_, _, "conversations", var id, "pins"] => Json(PinsFrom(server.Log(id).Where(message => message.Pinned), query["cursor"]), ChatJson.Wire.PinList),
            [_, _, "conversations", var id, "threads"] => Json(
                new ThreadList([.. server.Log(id).Where(message => message.Thread is not null)], query["cursor"]), ChatJson.Wire.ThreadList),
            [_, _, "conversations", var id, "threads", var rootId, "messages"] => Json(
                new ThreadPage([.. server.Log(id).Where(message => message.ThreadId == rootId)], query["after"] is null ? null : Number(query["after"]), Number(query["before"])),
                ChatJson.Wire.ThreadPage),
            [_, _, "conversations", var id, "mine"] when request.Method == HttpMethod.Patch => Json(
                server.Set(id, (await request.Content!.ReadFromJsonAsync(ChatJson.Wire.OwnSettings, cancellationToken))!), ChatJson.Wire.OwnSettings),
            [_, _, "conversations", var id, "receipts"] => Json(new ReceiptTable([new MemberReceipt(Rig.Me, 0, 0), .. Others(id)]), ChatJson.Wire.ReceiptTable),
            [_, _, "groups", ..] when ProxyPage is { } status => Page(status),
            [_, _, "groups", var id] when server.Groups.TryGetValue(id, out var title) =>
                Json(new Group(id, title, History.All, [new Member(Rig.Me, Role.Member)]), ChatJson.Wire.Group),
            [_, _, "groups", _] => Refuse(HttpStatusCode.Forbidden, ErrorCodes.NotAMember),
            [_, _, "groups"] => Json(new Group(Rig.Group, "Group", History.All, [new Member(Rig.Me, Role.Owner)]), ChatJson.Wire.Group),
            _ => Refuse(HttpStatusCode.NotFound, ErrorCodes.NotFound),
        };
    }

    // One a page.
    private static PinList PinsFrom(IEnumerable<Message> pinned, string? cursor)
    {
        var rest = pinned.Reverse().SkipWhile(message => cursor is not null && message.SeqNo >= Number(cursor)).ToList();
        return new PinList([.. rest.Take(1)], rest.Count > 1 ? $"{rest[0].SeqNo}" : null);
    }

    private static IEnumerable<MemberReceipt> Others(string id) =>
        ConversationIds.PeerOf(id, Rig.Me) is { } peer ? [new MemberReceipt(peer, 0, 0)] : [new MemberReceipt("bob", 0, 0), new MemberReceipt("carol", 0, 0)];

    private static long Number(string? text) => long.Parse(text ?? "0", CultureInfo.InvariantCulture);

    private async Task<HttpResponseMessage> AuthAsync(string path, HttpContent body, string? token)
    {
        switch (path)
        {
            case "/v1/auth/refresh" when ProxyPage is { } status:
                return Page(status);
            case "/v1/auth/refresh" when !server.KnowsSession:
                return Refuse(HttpStatusCode.Unauthorized, ErrorCodes.Unauthenticated);
            case "/v1/auth/refresh":
                server.Refreshes++;
                return Json(server.NextTokens(), ChatJson.Wire.TokenPair);
            case "/v1/auth/password" when PasswordRefusal is { } code:
                return Refuse(HttpStatusCode.BadRequest, code);
            case "/v1/auth/password" when token != server.CurrentToken:
                return Refuse(HttpStatusCode.Unauthorized, ErrorCodes.Unauthenticated);
            case "/v1/auth/logout":
                server.LoggedOut.Add((await body.ReadFromJsonAsync(ChatJson.Wire.RefreshRequest))!.RefreshToken);
                return new HttpResponseMessage(HttpStatusCode.NoContent);
            default:
                return Json(server.NextTokens(), ChatJson.Wire.TokenPair);
        }
    }

    private static HttpResponseMessage Page(HttpStatusCode status) => new(status) { Content = new StringContent("<html>No</html>") };

    public static HttpResponseMessage Json<T>(T body, JsonTypeInfo<T> type) => new(HttpStatusCode.OK) { Content = JsonContent.Create(body, type) };

    public static HttpResponseMessage Refuse(HttpStatusCode status, string code, int retryAfterSeconds = 0)
    {
        var refusal = new HttpResponseMessage(status) { Content = JsonContent.Create(new Problem(code, "refused"), ChatJson.Wire.Problem) };
        if (retryAfterSeconds > 0)
            refusal.Headers.RetryAfter = new RetryConditionHeaderValue(TimeSpan.FromSeconds(retryAfterSeconds));
        return refusal;
    }
}
