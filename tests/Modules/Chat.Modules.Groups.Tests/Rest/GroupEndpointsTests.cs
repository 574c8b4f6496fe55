using System.Net;
using System.Net.Http.Json;
using System.Security.Claims;
using System.Text;
using System.Text.Json.Nodes;
using Chat.BuildingBlocks.Errors;
using Chat.BuildingBlocks.Http;
using Chat.BuildingBlocks.Ids;
using Chat.BuildingBlocks.Mediation;
using Chat.BuildingBlocks.Modules;
using Chat.BuildingBlocks.Nodes;
using Chat.BuildingBlocks.Storage;
using Chat.Modules.Groups.Tests.Notices;
using Chat.Modules.Messaging.Contracts;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.AspNetCore.TestHost;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Chat.Modules.Groups.Tests.Rest;

public sealed class GroupEndpointsTests : IAsyncLifetime
{
    private readonly string _folder = Directory.CreateTempSubdirectory("chat-test-").FullName;
    private WebApplication _app = null!;
    private HttpClient _client = null!;

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    /// <summary>The module as a host runs it: whoever the header names is authenticated, and a body that cannot be read is a bad request.</summary>
    public async ValueTask InitializeAsync()
    {
        var builder = WebApplication.CreateBuilder(new WebApplicationOptions { EnvironmentName = "Production" });
        builder.WebHost.UseTestServer();
        builder.Logging.ClearProviders();
        builder.Configuration["Storage:DataDirectory"] = _folder;
        builder.Configuration["RateLimits:Enabled"] = "false";
        builder.Services.Configure<RouteHandlerOptions>(options => options.ThrowOnBadRequest = true);
        var context = new ModuleContext(builder.Configuration);
        builder.Services.AddSingleton(TimeProvider.System).AddMediation().AddStorage(context).AddNodes(context).AddQuery<GetHead, SeqNo, HeadOfAll>().AddSingleton<INoticeLog, NoticeLog>()
            .AddQuery<HasWritten, bool, NobodyHas>().AddQuery<GetTimers, IReadOnlyDictionary<ConversationId, int>, NoTimers>();
        var module = new GroupsModule();
        module.AddServices(builder.Services, context);

        _app = builder.Build();
        _app.Use(async (http, next) =>
        {
            var user = http.Request.Headers["User"].ToString();
            http.User = new ClaimsPrincipal(new ClaimsIdentity([new(Caller.UserClaim, user), new(Caller.DeviceClaim, "phone")], "test"));
            try
            {
                await next(http);
            }
            catch (BadHttpRequestException e)
            {
                await HttpErrors.ToProblem(Error.BadRequest(e.Message)).ExecuteAsync(http);
            }
        });
        module.MapEndpoints(_app);
        await _app.StartAsync(Ct);
        _client = _app.GetTestClient();
    }

    public async ValueTask DisposeAsync()
    {
        _client.Dispose();
        await _app.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    [Fact]
    public async Task A_group_is_made_shown_changed_and_left()
    {
        var created = await SendAsync("ann", "POST", "/v1/groups", """{"title":"Walkers","members":["bob"],"history":"fromJoin"}""");
        Assert.Equal(HttpStatusCode.Created, created.Status);
        var path = $"/v1/groups/{created.Body!["conversationId"]}";
        Assert.Equal(path, created.Location);
        AssertGroup("Walkers", "fromJoin", "ann owner, bob member", created);

        AssertGroup("Walkers", "fromJoin", "ann owner, bob member", await SendAsync("bob", "GET", path));
        AssertGroup("Runners", "all", "ann owner, bob member", await SendAsync("ann", "PATCH", path, """{"title":"Runners","history":"all"}"""));
        AssertGroup("Runners", "all", "ann owner, bob member, cid member", await SendAsync("ann", "POST", path + "/members", """{"members":["cid","bob"]}"""));
        AssertGroup("Runners", "all", "ann owner, bob member, cid admin", await SendAsync("ann", "PATCH", path + "/members/cid", """{"role":"admin"}"""));
        var left = await SendAsync("ann", "DELETE", path + "/members/ann");
        Assert.Equal((HttpStatusCode.NoContent, null), (left.Status, left.Body));
        AssertGroup("Runners", "all", "bob member, cid owner", await SendAsync("bob", "GET", path));
    }

    [Theory]
    [InlineData("""{"title":"Walkers","members":[]}""", HttpStatusCode.Created)]
    [InlineData("""{"title":"Walkers","members":[],"history":null,"colour":"red"}""", HttpStatusCode.Created)]
    [InlineData("""{"members":[]}""", HttpStatusCode.BadRequest)]
    [InlineData("""{"title":"Walkers"}""", HttpStatusCode.BadRequest)]
    [InlineData("""{"title":"","members":[]}""", HttpStatusCode.BadRequest)]
    [InlineData("""{"title":"a\u0007","members":[]}""", HttpStatusCode.BadRequest)]
    [InlineData("""{"title":"\ud800","members":[]}""", HttpStatusCode.BadRequest)]
    [InlineData("""{"title":7,"members":[]}""", HttpStatusCode.BadRequest)]
    [InlineData("""{"title":"Walkers","members":"bob"}""", HttpStatusCode.BadRequest)]
    [InlineData("""{"title":"Walkers","members":[null]}""", HttpStatusCode.BadRequest)]
    [InlineData("""{"title":"Walkers","members":["no such shape!"]}""", HttpStatusCode.BadRequest)]
    [InlineData("""{"title":"Walkers","members":[],"history":"some"}""", HttpStatusCode.BadRequest)]
    [InlineData("""{"title":"Walkers","members":[],"history":"all,fromJoin"}""", HttpStatusCode.BadRequest)]
    [InlineData("""{"title":"Walkers","members":[],"history":"1"}""", HttpStatusCode.BadRequest)]
    [InlineData("""{"title":"Walkers","members":[],"history":1}""", HttpStatusCode.BadRequest)]
    [InlineData("""{"title":"Walkers","members":[""", HttpStatusCode.BadRequest)]
    [InlineData("null", HttpStatusCode.BadRequest)]
    [InlineData("[]", HttpStatusCode.BadRequest)]
    public async Task A_body_of_another_shape_is_a_bad_request(string body, HttpStatusCode expected)
    {
        var answer = await SendAsync("ann", "POST", "/v1/groups", body);

        Assert.Equal(expected, answer.Status);
        if (expected != HttpStatusCode.Created)
            Assert.Equal(ErrorCodes.BadRequest, (string?)answer.Body!["code"]);
    }

    [Theory]
    [InlineData("PATCH", "", "{}")]
    [InlineData("POST", "/members", "{}")]
    [InlineData("POST", "/members", """{"members":[]}""")]
    [InlineData("PATCH", "/members/bob", "{}")]
    [InlineData("PATCH", "/members/bob", """{"role":"king"}""")]
    [InlineData("PATCH", "/members/bob", """{"role":1}""")]
    [InlineData("PATCH", "/members/-bob", """{"role":"admin"}""")]
    [InlineData("DELETE", "/members/-bob", null)]
    public async Task A_change_that_says_nothing_or_nonsense_is_a_bad_request(string method, string below, string? body)
    {
        var created = await SendAsync("ann", "POST", "/v1/groups", """{"title":"Walkers","members":["bob"]}""");

        var answer = await SendAsync("ann", method, $"/v1/groups/{created.Body!["conversationId"]}{below}", body);

        Assert.Equal((HttpStatusCode.BadRequest, ErrorCodes.BadRequest), (answer.Status, (string?)answer.Body!["code"]));
    }

    [Fact]
    public async Task A_group_of_others_an_unknown_one_and_a_direct_conversation_look_alike()
    {
        var created = await SendAsync("ann", "POST", "/v1/groups", """{"title":"Walkers","members":["bob"]}""");
        var ids = new[] { (string)created.Body!["conversationId"]!, "g:00000000000000000000000000000000", "dm:ann:zoe" };

        var answers = new List<Answer>();
        foreach (var id in ids)
        {
            answers.Add(await SendAsync("zoe", "GET", $"/v1/groups/{id}"));
            answers.Add(await SendAsync("zoe", "PATCH", $"/v1/groups/{id}", """{"title":"Mine"}"""));
            answers.Add(await SendAsync("zoe", "POST", $"/v1/groups/{id}/members", """{"members":["zoe"]}"""));
            answers.Add(await SendAsync("zoe", "DELETE", $"/v1/groups/{id}/members/ann"));
            answers.Add(await SendAsync("zoe", "PATCH", $"/v1/groups/{id}/members/zoe", """{"role":"owner"}"""));
        }

        Assert.Equal(HttpStatusCode.Forbidden, answers[0].Status);
        Assert.Equal(ErrorCodes.NotAMember, (string?)answers[0].Body!["code"]);
        Assert.Single(answers.Select(answer => $"{answer.Status} {answer.Body}").Distinct());
    }

    [Theory]
    [InlineData("g:0")]
    [InlineData("G:00000000000000000000000000000000")]
    [InlineData("dm:bob:ann")]
    [InlineData("walkers")]
    public async Task An_id_of_another_shape_is_a_bad_request(string id)
    {
        var answer = await SendAsync("ann", "GET", $"/v1/groups/{id}");

        Assert.Equal((HttpStatusCode.BadRequest, ErrorCodes.BadRequest), (answer.Status, (string?)answer.Body!["code"]));
    }

    private async Task<Answer> SendAsync(string user, string method, string path, string? body = null)
    {
        using var request = new HttpRequestMessage(new HttpMethod(method), path) { Headers = { { "User", user } } };
        if (body is not null)
            request.Content = new StringContent(body, Encoding.UTF8, "application/json");
        using var response = await _client.SendAsync(request, Ct);
        var length = response.Content.Headers.ContentLength;
        var read = response.StatusCode == HttpStatusCode.NoContent || length == 0 ? null : await response.Content.ReadFromJsonAsync<JsonObject>(Ct);
        return new Answer(response.StatusCode, response.Headers.Location?.ToString(), read);
    }

    private static void AssertGroup(string title, string history, string members, Answer answer)
    {
        Assert.True((int)answer.Status < 300, $"{answer.Status}: {answer.Body}");
        var body = answer.Body!;
        Assert.Equal(["conversationId", "title", "history", "members"], body.Select(property => property.Key));
        Assert.Equal((title, history), ((string)body["title"]!, (string)body["history"]!));
        Assert.Equal(
            members, string.Join(", ", body["members"]!.AsArray().OfType<JsonNode>().Select(member => $"{member["userId"]} {member["role"]}")));
    }

    private sealed record Answer(HttpStatusCode Status, string? Location, JsonObject? Body);

    private sealed class HeadOfAll : IQueryHandler<GetHead, SeqNo>
    {
        public Task<SeqNo> Handle(GetHead query, CancellationToken ct) => Task.FromResult(SeqNo.None);
    }

    private sealed class NobodyHas : IQueryHandler<HasWritten, bool>
    {
        public Task<bool> Handle(HasWritten query, CancellationToken ct) => Task.FromResult(false);
    }

    private sealed class NoTimers : IQueryHandler<GetTimers, IReadOnlyDictionary<ConversationId, int>>
    {
        public Task<IReadOnlyDictionary<ConversationId, int>> Handle(GetTimers query, CancellationToken ct) =>
            Task.FromResult<IReadOnlyDictionary<ConversationId, int>>(new Dictionary<ConversationId, int>());
    }
}
