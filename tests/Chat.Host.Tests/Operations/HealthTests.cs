using System.Net;
using System.Net.Http.Json;
using Chat.BuildingBlocks.Errors;
using Chat.BuildingBlocks.Storage.Rocks;
using Chat.BuildingBlocks.Storage.Sqlite;
using Chat.Host.Tests.Running;
using Chat.Testing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace Chat.Host.Tests.Operations;

public sealed class HealthTests : IAsyncDisposable
{
    private readonly TestHost _host = new();

    [Fact]
    public async Task A_host_that_has_started_lives_and_is_ready()
    {
        (await _host.GetAsync("/health/live")).Expect(HttpStatusCode.OK);
        (await _host.GetAsync("/health/ready")).Expect(HttpStatusCode.OK);
    }

    [Fact]
    public async Task A_host_that_is_leaving_lives_and_is_not_ready()
    {
        (await _host.ServiceAsync<IHostApplicationLifetime>()).StopApplication();

        (await _host.GetAsync("/health/ready")).Expect(HttpStatusCode.ServiceUnavailable);
        (await _host.GetAsync("/health/live")).Expect(HttpStatusCode.OK);
    }

    [Fact]
    public async Task A_host_whose_store_does_not_answer_is_not_ready()
    {
        (await _host.ServiceAsync<SqliteDatabase>()).Dispose();
        File.Delete(Path.Combine(_host.Data, "chat.db"));
        Directory.CreateDirectory(Path.Combine(_host.Data, "chat.db"));

        (await _host.GetAsync("/health/ready")).Expect(HttpStatusCode.ServiceUnavailable);
    }

    [Fact]
    public async Task A_host_whose_log_does_not_sync_is_not_ready_until_it_does_and_loses_nothing()
    {
        using var disk = new ManualResetEventSlim(true);
        var syncs = 0;
        await using var host = new TestHost(("Messaging:AppendTimeoutMs", "5000"))
        {
            Change = services => services.AddSingleton<RocksWrite>(write =>
            {
                Interlocked.Increment(ref syncs);
                disk.Wait();
                write();
            }),
        };
        var alice = (await host.RegisterAsync("alice")).AccessToken;
        try
        {
            var before = Volatile.Read(ref syncs);
            disk.Reset();
            var send = SendAsync();
            await Wait.UntilAsync(() => Volatile.Read(ref syncs) > before, "the sync");
            (await host.GetAsync("/health/ready")).Expect(HttpStatusCode.OK);

            host.Clock.Advance(TimeSpan.FromSeconds(6));

            var answer = (await send).ExpectProblem(HttpStatusCode.ServiceUnavailable, "unavailable");
            Assert.Equal("2", answer.Header("Retry-After"));
            (await host.GetAsync("/health/ready")).Expect(HttpStatusCode.ServiceUnavailable);
            (await host.GetAsync("/health/live")).Expect(HttpStatusCode.OK);
        }
        finally
        {
            disk.Set();
        }
        await Wait.UntilAsync(async () => (await host.GetAsync("/health/ready")).Status == HttpStatusCode.OK, "readiness");
        (await SendAsync()).Expect(HttpStatusCode.OK);

        Task<Answer> SendAsync() => host.SendAsync(
            HttpMethod.Post, "/v1/messages", alice, JsonContent.Create(new { to = "@bob", text = "hello", clientMsgId = "1" }));
    }

    [Fact]
    public async Task A_host_whose_database_stands_still_refuses_writes_in_time_and_is_not_ready_until_it_goes_on()
    {
        await using var host = new TestHost(("Storage:WriteTimeoutMs", "5000"), ("Storage:MaxWaitingWrites", "8"));
        var alice = (await host.RegisterAsync("alice")).AccessToken;
        var database = await host.ServiceAsync<SqliteDatabase>();
        using var disk = new ManualResetEventSlim();
        using var stuck = new ManualResetEventSlim();
        var held = database.WriteAsync(_ =>
        {
            stuck.Set();
            disk.Wait(TimeSpan.FromMinutes(1), CancellationToken.None);
        }, TestContext.Current.CancellationToken);
        try
        {
            stuck.Wait(TestContext.Current.CancellationToken);
            var making = MakeAsync();
            await Wait.UntilAsync(() => database.Waiting == 2, "the group's write");
            (await host.GetAsync("/health/ready")).Expect(HttpStatusCode.OK);

            host.Clock.Advance(TimeSpan.FromSeconds(6));

            var answer = (await making).ExpectProblem(HttpStatusCode.ServiceUnavailable, "unavailable");
            Assert.NotNull(answer.Header("Retry-After"));
            (await host.GetAsync("/health/ready")).Expect(HttpStatusCode.ServiceUnavailable);
        }
        finally
        {
            disk.Set();
        }
        await Assert.ThrowsAsync<StoreUnavailableException>(() => held);
        await Wait.UntilAsync(async () => (await host.GetAsync("/health/ready")).Status == HttpStatusCode.OK, "readiness");
        (await MakeAsync()).Expect(HttpStatusCode.Created);

        Task<Answer> MakeAsync() => host.SendAsync(
            HttpMethod.Post, "/v1/groups", alice, JsonContent.Create(new { title = "Walkers", members = Array.Empty<string>() }));
    }

    [Fact]
    public async Task Metrics_have_the_server_s_own_names_and_seconds_in_fine_buckets()
    {
        await _host.RegisterAsync("alice");

        var metrics = (await _host.GetAsync("/metrics")).Expect(HttpStatusCode.OK).Body;

        Assert.Contains("chat_sqlite_commit_seconds_bucket{", metrics, StringComparison.Ordinal);
        Assert.Contains("le=\"0.0005\"", metrics, StringComparison.Ordinal);
        Assert.Contains("chat_passwords_time_seconds_count{", metrics, StringComparison.Ordinal);
        Assert.Contains("http_server_request_duration_seconds_count{", metrics, StringComparison.Ordinal);
        Assert.Contains("dotnet_process_memory_working_set_bytes", metrics, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_page_of_the_API_has_everything_from_here()
    {
        var page = (await _host.GetAsync("/docs/")).Expect(HttpStatusCode.OK);

        Assert.DoesNotContain("https://", page.Body, StringComparison.Ordinal);
        Assert.Contains("default-src 'none'", page.Header("Content-Security-Policy"), StringComparison.Ordinal);
        Assert.Contains("connect-src 'self'", page.Header("Content-Security-Policy"), StringComparison.Ordinal);
        (await _host.GetAsync("/docs/scalar.js")).Expect(HttpStatusCode.OK);
    }

    [Fact]
    public async Task The_description_tells_ids_apart_from_objects_and_bodies_from_one_another()
    {
        var description = (await _host.GetAsync("/openapi/v1.json")).Expect(HttpStatusCode.OK).Json;

        var schemas = description.GetProperty("components").GetProperty("schemas");
        Assert.Equal("string", schemas.GetProperty("UserId").GetProperty("type").GetString());
        Assert.Equal("integer", schemas.GetProperty("SeqNo").GetProperty("type").GetString());
        Assert.Equal(
            ["userId", "password", "deviceId"],
            schemas.GetProperty("AuthEndpointsCredentials").GetProperty("required").EnumerateArray().Select(name => name.GetString()));
    }

    public ValueTask DisposeAsync() => _host.DisposeAsync();
}
