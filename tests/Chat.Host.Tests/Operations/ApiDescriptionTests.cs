using System.Net;
using System.Net.Http.Json;
using System.Text;
using Chat.Host.Tests.Running;

namespace Chat.Host.Tests.Operations;

/// <summary>
/// The description, and calls that try to find it wrong: as schemathesis does, each call without a token, by other methods, and with values that
/// it should not take. <see cref="TestHost"/> holds every answer, of these and of all other tests, to the description.
/// </summary>
public sealed class ApiDescriptionTests : IAsyncDisposable
{
    private static readonly string[] WrongValues =
    [
        "null", "true", "0", "-1", "1e300", "\"\"", "\"\\u0000\"", "\"\\ud800\"", "\"𐀀\"", "[]", "[null]", "[[]]", "{}", "{\"a\":1}",
        $"\"{new string('x', 20_000)}\"",
    ];

    private static readonly string[] WrongParameters =
        ["x", "-1", "0", "99999999999999999999", "1.5", "%ff", "..%2f", "dm:b:a", "dm:a:a", "g:0", "@bob", "%F0%9F%99%82", new string('9', 2_000)];

    private readonly TestHost _host = new(("RateLimits:Enabled", "false"));

    [Fact]
    public async Task It_is_the_same_until_the_server_is_another_and_need_not_be_sent_again()
    {
        var answer = (await _host.GetAsync("/openapi/v1.json")).Expect(HttpStatusCode.OK);
        var tag = answer.Header("ETag")!;

        var again = await _host.SendAsync(HttpMethod.Get, "/openapi/v1.json", headers: ("If-None-Match", tag));

        Assert.Equal((HttpStatusCode.NotModified, ""), (again.Status, again.Body));
        Assert.Equal("application/json; charset=utf-8", answer.Header("Content-Type"));
    }

    [Fact]
    public async Task What_may_be_left_out_is_not_required()
    {
        var schemas = (await _host.GetAsync("/openapi/v1.json")).Json.GetProperty("components").GetProperty("schemas");

        var optional = new[] { "next", "nextAfter", "nextBefore", "deviceName", "title", "unreadCapped", "lastMessage", "replyTo" };
        var required = schemas.EnumerateObject().Where(schema => schema.Name.EndsWith("Answer", StringComparison.Ordinal)
                || schema.Name.EndsWith("Item", StringComparison.Ordinal) || schema.Name.EndsWith("View", StringComparison.Ordinal))
            .Where(schema => schema.Value.TryGetProperty("required", out _))
            .SelectMany(schema => schema.Value.GetProperty("required").EnumerateArray().Select(name => name.GetString()!)).ToHashSet();

        Assert.NotEmpty(required);
        Assert.Empty(required.Intersect(optional));
    }

    [Fact]
    public async Task Each_call_that_needs_a_token_says_so_and_is_refused_without_one()
    {
        foreach (var operation in (await _host.ApiAsync()).Operations.Where(operation => !operation.IsOpen))
        {
            foreach (var token in new[] { null, "nonsense" })
                (await SendAsync(operation, Path(operation), token, "{}")).ExpectProblem(HttpStatusCode.Unauthorized, "unauthenticated");
        }
    }

    [Fact]
    public async Task A_method_that_a_path_does_not_have_is_told_which_it_has()
    {
        foreach (var path in (await _host.ApiAsync()).Operations.GroupBy(operation => operation.Template))
        {
            var has = path.Select(operation => operation.Method).ToList();
            foreach (var method in new[] { HttpMethod.Get, HttpMethod.Post, HttpMethod.Put, HttpMethod.Patch, HttpMethod.Delete, HttpMethod.Trace }.Except(has))
            {
                var answer = await _host.SendAsync(method, Path(path.First()));

                Assert.Equal(HttpStatusCode.MethodNotAllowed, answer.Status);
                Assert.Equal(has.Select(one => one.Method).Order(), answer.Header("Allow")!.Split(", ").Order());
            }
        }
    }

    [Fact]
    public async Task Wrong_parameters_are_refused_as_described()
    {
        var token = (await _host.RegisterAsync("alice")).AccessToken;
        foreach (var operation in (await _host.ApiAsync()).Operations)
        {
            foreach (var parameter in operation.Parameters)
            {
                var name = parameter["name"]!.GetValue<string>();
                foreach (var value in WrongParameters)
                {
                    var path = parameter["in"]!.GetValue<string>() == "path"
                        ? operation.Template.Replace($"{{{name}}}", value, StringComparison.Ordinal)
                        : $"{operation.Template}?{name}={value}";

                    Assert.InRange((int)(await SendAsync(operation, Filled(path), token, "{}")).Status, 200, 499);
                }
            }
        }
    }

    [Fact]
    public async Task Wrong_bodies_are_refused_as_described()
    {
        var token = (await _host.RegisterAsync("alice")).AccessToken;
        string[] names =
            ["userId", "password", "deviceId", "deviceName", "refreshToken", "to", "text", "clientMsgId", "replyTo", "mediaIds", "title", "members", "history", "role"];
        foreach (var operation in (await _host.ApiAsync()).Operations.Where(operation => operation.HasBody))
        {
            foreach (var body in WrongValues.Concat(["", "{", "{\"text\":", "\ufeff{}"]).Concat(from name in names from value in WrongValues select $"{{\"{name}\":{value}}}"))
            {
                var answer = await SendAsync(operation, Path(operation), token, body);
                // To end a session that is none is well done.
                if (answer.Status != HttpStatusCode.NoContent || operation.Template != "/v1/auth/logout")
                    Assert.InRange((int)answer.Status, 400, 499);
            }
            Assert.Equal(
                HttpStatusCode.UnsupportedMediaType,
                (await _host.SendAsync(operation.Method, Path(operation), token, new StringContent("<a/>", Encoding.UTF8, "application/xml"))).Status);
        }
    }

    [Fact]
    public async Task Calls_that_go_well_answer_as_described()
    {
        var alice = (await _host.RegisterAsync("alice")).Expect(HttpStatusCode.Created).AccessToken;
        await _host.RegisterAsync("bob");
        var sent = new { to = "@bob", text = "hello", clientMsgId = "1" };
        (await PostAsync("/v1/messages", sent)).Expect(HttpStatusCode.Created);
        (await PostAsync("/v1/messages", sent)).Expect(HttpStatusCode.OK);
        var group = (await PostAsync("/v1/groups", new { title = "Team", members = Names("bob") })).Expect(HttpStatusCode.Created).Text("conversationId");
        foreach (var path in new[]
        {
            "/v1/conversations", "/v1/conversations?limit=1", "/v1/conversations/dm:alice:bob/messages", "/v1/conversations/dm:alice:bob/messages?before=9",
            "/v1/conversations/dm:alice:bob/receipts", $"/v1/conversations/{group}/receipts", $"/v1/groups/{group}", "/v1/devices",
        })
            (await _host.GetAsync(path, alice)).Expect(HttpStatusCode.OK);
        (await _host.SendAsync(HttpMethod.Patch, $"/v1/groups/{group}", alice, JsonContent.Create(new { title = "Others" }))).Expect(HttpStatusCode.OK);
        (await PostAsync($"/v1/groups/{group}/members", new { members = Names("carol") })).Expect(HttpStatusCode.OK);
        (await _host.SendAsync(HttpMethod.Patch, $"/v1/groups/{group}/members/bob", alice, JsonContent.Create(new { role = "admin" }))).Expect(HttpStatusCode.OK);
        (await _host.SendAsync(HttpMethod.Delete, $"/v1/groups/{group}/members/bob", alice)).Expect(HttpStatusCode.NoContent);
        (await _host.SendAsync(HttpMethod.Delete, $"/v1/groups/{group}/members/bob", alice)).Expect(HttpStatusCode.NotFound);
        (await _host.SendAsync(HttpMethod.Delete, "/v1/devices/phone", alice)).Expect(HttpStatusCode.NoContent);

        static string[] Names(string name) => [name];

        Task<Answer> PostAsync(string path, object body) => _host.SendAsync(HttpMethod.Post, path, alice, JsonContent.Create(body));
    }

    public ValueTask DisposeAsync() => _host.DisposeAsync();

    private Task<Answer> SendAsync(ApiOperation operation, string path, string? token, string body) => _host.SendAsync(
        operation.Method, path, token, operation.HasBody ? new StringContent(body, Encoding.UTF8, "application/json") : null);

    private static string Path(ApiOperation operation) => Filled(operation.Template);

    // What is well-formed and names nothing of alice's.
    private static string Filled(string template) => template
        .Replace("{id}", "g:00000000000000000000000000000001", StringComparison.Ordinal)
        .Replace("{userId}", "carol", StringComparison.Ordinal)
        .Replace("{mediaId}", "01890000-0000-7000-8000-000000000000", StringComparison.Ordinal)
        .Replace("{deviceId}", "tablet", StringComparison.Ordinal);
}
