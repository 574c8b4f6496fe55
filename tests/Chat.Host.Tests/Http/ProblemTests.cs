using System.Net;
using System.Text;
using Chat.BuildingBlocks.Errors;
using Chat.BuildingBlocks.Storage.Sqlite;
using Chat.Host.Tests.Running;
using Chat.Modules.Messaging.Contracts;
using Chat.Testing;
using MediatR;
using Microsoft.Extensions.DependencyInjection;

namespace Chat.Host.Tests.Http;

public sealed class ProblemTests : IAsyncDisposable
{
    private readonly TestHost _host = new();

    [Fact]
    public async Task What_is_not_there_is_not_found_also_to_a_stranger() =>
        (await _host.GetAsync("/v1/nothing")).ExpectProblem(HttpStatusCode.NotFound, "not_found");

    [Fact]
    public async Task A_wrong_method_is_told_which_are_right()
    {
        var answer = (await _host.GetAsync("/v1/auth/login")).ExpectProblem(HttpStatusCode.MethodNotAllowed, "bad_request");

        Assert.Equal("POST", answer.Header("Allow"));
    }

    [Theory]
    [InlineData("")]
    [InlineData("{")]
    [InlineData("[]")]
    [InlineData("null")]
    [InlineData("{\"userId\":\"alice\",\"password\":\"correct horse\",\"deviceId\":{}}")]
    public async Task A_body_that_is_not_what_the_call_takes_is_a_bad_request(string body) =>
        (await PostAsync(body, "application/json")).ExpectProblem(HttpStatusCode.BadRequest, "bad_request");

    [Fact]
    public async Task Nesting_beyond_32_is_a_bad_request()
    {
        var deep = $"{{\"x\":{new string('[', 33)}{new string(']', 33)}}}";

        (await PostAsync(deep, "application/json")).ExpectProblem(HttpStatusCode.BadRequest, "bad_request");
    }

    [Fact]
    public async Task A_refusal_names_the_place_and_repeats_nothing_of_the_body()
    {
        var answer = await PostAsync("""{"userId":"Secret words","password":"correct horse","deviceId":"phone"}""", "application/json");

        Assert.Contains("$.userId", answer.Text("title"), StringComparison.Ordinal);
        Assert.DoesNotContain("Secret", answer.Body, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Unknown_properties_are_passed_over() =>
        (await PostAsync("""{"userId":"alice","password":"correct horse","deviceId":"phone","more":[1]}""", "application/json"))
            .Expect(HttpStatusCode.Unauthorized);

    [Fact]
    public async Task Another_type_of_body_is_refused() =>
        (await PostAsync("userId=alice", "text/plain")).ExpectProblem(HttpStatusCode.UnsupportedMediaType, "bad_request");

    [Fact]
    public async Task A_body_over_the_limit_is_too_large()
    {
        await using var host = new TestHost();
        var body = new StringContent($"{{\"userId\":\"{new string('a', 1024 * 1024)}\"}}", Encoding.UTF8, "application/json");

        (await host.SendAsync(HttpMethod.Post, "/v1/auth/login", content: body)).ExpectProblem(HttpStatusCode.RequestEntityTooLarge, "too_large");
    }

    [Fact]
    public async Task A_store_that_is_closed_is_unavailable_with_a_time_to_try_again()
    {
        (await _host.ServiceAsync<SqliteDatabase>()).Dispose();

        var answer = (await _host.RegisterAsync("alice")).ExpectProblem(HttpStatusCode.ServiceUnavailable, "unavailable");

        Assert.Equal("1", answer.Header("Retry-After"));
    }

    [Fact]
    public async Task A_bug_is_internal_and_says_nothing_of_itself_nor_when_to_try_again()
    {
        var broken = new FakeMediator().Answer<GetConversations, Result<ConversationPage>>(_ => throw new InvalidOperationException("secret"));
        await using var host = new TestHost { Change = services => services.AddSingleton<IMediator>(broken) };
        var token = (await host.RegisterAsync("alice")).Text("accessToken");

        var answer = (await host.GetAsync("/v1/conversations", token)).ExpectProblem(HttpStatusCode.InternalServerError, "internal");

        Assert.Null(answer.Header("Retry-After"));
        Assert.DoesNotContain("secret", answer.Body, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Every_answer_keeps_a_browser_on_its_guard()
    {
        foreach (var path in new[] { "/health/live", "/nothing", "/v1/devices" })
        {
            var answer = await _host.GetAsync(path);

            Assert.Equal("nosniff", answer.Header("X-Content-Type-Options"));
            Assert.Equal("no-referrer", answer.Header("Referrer-Policy"));
            Assert.Equal("default-src 'none'; frame-ancestors 'none'", answer.Header("Content-Security-Policy"));
            Assert.Null(answer.Header("Server"));
        }
    }

    public ValueTask DisposeAsync() => _host.DisposeAsync();

    private Task<Answer> PostAsync(string body, string type) =>
        _host.SendAsync(HttpMethod.Post, "/v1/auth/login", content: new StringContent(body, Encoding.UTF8, type));
}
