using System.Collections.Concurrent;
using System.Net;
using System.Net.Http.Json;
using Chat.Host.Tests.Running;
using Chat.Testing;
using Chat.Testing.Push;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Chat.Host.Tests.Push;

/// <summary>Notifications that were given up, as the operator sees them.</summary>
public sealed class DeadNotificationTests
{
    private const string Path = "/v1/admin/push/dead";

    [Fact]
    public async Task What_was_given_up_is_kept_for_the_operator_who_has_it_sent_again()
    {
        var folder = Directory.CreateTempSubdirectory("chat-push-").FullName;
        await using var fcm = await FakeFcm.StartAsync();
        using var lines = new Lines();
        using var log = LoggerFactory.Create(logging => logging.AddProvider(lines));
        await using var host = new TestHost(
            ("Auth:Admins:0", "operator"), ("Push:Fcm:Endpoint", fcm.Origin), ("Push:Fcm:ServiceAccountFile", fcm.WriteServiceAccountTo(folder)))
        {
            Clock = new(TimeProvider.System.GetUtcNow()),
            Change = services => services.AddSingleton(log),
        };
        await host.CreateAdminAsync("operator");
        var (admin, alice, bob) = ((await host.LogInAsync("operator")).AccessToken, (await host.RegisterAsync("alice")).AccessToken, (await host.RegisterAsync("bob")).AccessToken);
        (await host.SendAsync(HttpMethod.Put, "/v1/push", bob, JsonContent.Create(new { kind = "fcm", token = fcm.NewDevice() }))).Expect(HttpStatusCode.NoContent);
        fcm.Misbehave = _ => new Misbehaviour.Status(400, Body: """{"error":{"code":400,"status":"INVALID_ARGUMENT","details":[]}}""");

        (await host.SendAsync(HttpMethod.Post, "/v1/messages", alice, JsonContent.Create(new { to = "@bob", text = "hello", clientMsgId = "1" }))).Expect(HttpStatusCode.Created);
        await Wait.UntilAsync(async () => Passes(host) && await CountAsync(host, admin) == 1, "it is given up");

        var dead = (await host.GetAsync(Path, admin)).Json.GetProperty("dead")[0];
        Assert.Equal(("fcm", "bob", "dm:alice:bob", 1), (
            dead.GetProperty("kind").GetString(), dead.GetProperty("userId").GetString(), dead.GetProperty("conversationId").GetString(), dead.GetProperty("seqNo").GetInt32()));
        Assert.DoesNotContain("hello", (await host.GetAsync(Path, admin)).Body, StringComparison.Ordinal);
        var retry = $"{Path}/{dead.GetProperty("id").GetString()}/retry";
        (await host.GetAsync(Path, bob)).ExpectProblem(HttpStatusCode.Forbidden, "forbidden");
        (await host.SendAsync(HttpMethod.Post, retry, bob)).ExpectProblem(HttpStatusCode.Forbidden, "forbidden");

        Assert.DoesNotContain(lines.All, line => line.Contains("sent again", StringComparison.Ordinal));

        fcm.Misbehave = null;
        (await host.SendAsync(HttpMethod.Post, retry, admin)).Expect(HttpStatusCode.NoContent);
        await Wait.UntilAsync(() => Passes(host) && fcm.Received.Count == 1, "it is sent");

        Assert.Equal(0, await CountAsync(host, admin));
        Assert.Equal(
            "operator has the notification of bob/phone in dm:alice:bob sent again, which was given up: refused after 1 attempts",
            Assert.Single(lines.All, line => line.Contains("sent again", StringComparison.Ordinal)));
        (await host.SendAsync(HttpMethod.Post, retry, admin)).ExpectProblem(HttpStatusCode.NotFound, "not_found");
        Directory.Delete(folder, recursive: true);
    }

    /// <summary>What the host logs.</summary>
    private sealed class Lines : ILoggerProvider, ILogger
    {
        private readonly ConcurrentQueue<string> _lines = new();

        public IReadOnlyCollection<string> All => _lines;

        public ILogger CreateLogger(string categoryName) => this;

        public IDisposable? BeginScope<TState>(TState state) where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => logLevel >= LogLevel.Information;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            _lines.Enqueue(formatter(state, exception));

        public void Dispose()
        {
        }
    }

    private static bool Passes(TestHost host)
    {
        host.Clock.Advance(TimeSpan.FromMilliseconds(50));
        return true;
    }

    private static async Task<int> CountAsync(TestHost host, string admin) =>
        (await host.GetAsync(Path, admin)).Expect(HttpStatusCode.OK).Json.GetProperty("dead").GetArrayLength();
}
