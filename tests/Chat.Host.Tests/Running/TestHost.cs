using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;
using Chat.BuildingBlocks.Ids;
using Chat.Modules.Identity.Contracts;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;

namespace Chat.Host.Tests.Running;

/// <summary>The whole host in this process, on real stores in a folder that is gone afterwards, by a clock that the test sets.</summary>
public sealed class TestHost : IAsyncDisposable
{
    public const string Password = "correct horse";

    private readonly (string Key, string Value)[] _settings;
    private readonly bool _ownsData;
    private readonly Lazy<Task<WebApplication>> _running;
    private readonly HttpClient _http = new(new SocketsHttpHandler { AllowAutoRedirect = false, UseCookies = false });
    private ApiConformance? _api;
    private bool _stopped;

    public TestHost(params (string Key, string Value)[] settings) : this(Directory.CreateTempSubdirectory("chat-test-").FullName, true, settings)
    {
    }

    private TestHost(string data, bool ownsData, (string, string)[] settings)
    {
        (Data, _ownsData, _settings) = (data, ownsData, settings);
        _running = new Lazy<Task<WebApplication>>(RunAsync);
    }

    public string Data { get; }

    /// <summary>Stands still unless advanced.</summary>
    public FakeTimeProvider Clock { get; init; } = new(new DateTimeOffset(2026, 3, 1, 12, 0, 0, 250, TimeSpan.Zero));

    public string Environment { get; init; } = "Production";

    /// <summary>Puts something in the place of what the host registers.</summary>
    public Action<IServiceCollection> Change { get; init; } = _ => { };

    /// <summary>Starts it, if nothing has yet.</summary>
    public async Task<TestHost> StartAsync()
    {
        await _running.Value;
        return this;
    }

    /// <summary>Stops this host, and gives another on the same folder: what a restart finds.</summary>
    public async Task<TestHost> RestartAsync(params (string Key, string Value)[] settings)
    {
        await StopAsync();
        return new TestHost(Data, false, settings) { Clock = Clock, Environment = Environment, Change = Change };
    }

    /// <summary>A service of the host, which has been started.</summary>
    public async Task<T> ServiceAsync<T>() where T : notnull => (await _running.Value).Services.GetRequiredService<T>();

    /// <summary>How it describes its REST calls.</summary>
    internal async Task<ApiConformance> ApiAsync() => _api ??= ApiConformance.Of(
        await _http.GetStringAsync((await _running.Value).Urls.First() + "/openapi/v1.json", TestContext.Current.CancellationToken));

    /// <summary>Where it listens.</summary>
    public async Task<Uri> AddressAsync() => new((await _running.Value).Urls.First());

    public Task<Answer> RegisterAsync(string userId, string deviceId = "phone", string password = Password) =>
        PostAsync("/v1/auth/register", new { userId, password, deviceId });

    /// <summary>Makes the account of a user whom Auth:Admins names, as the operator's command does.</summary>
    public async Task CreateAdminAsync(string userId) => Assert.True(
        (await (await ServiceAsync<IAdmins>()).CreateAsync(UserId.Parse(userId), Password, TestContext.Current.CancellationToken)).IsOk);

    public Task<Answer> LogInAsync(string userId, string deviceId = "phone", string password = Password) =>
        PostAsync("/v1/auth/login", new { userId, password, deviceId });

    public Task<Answer> RefreshAsync(string refreshToken) => PostAsync("/v1/auth/refresh", new { refreshToken });

    public Task<Answer> PostAsync(string path, object body) => SendAsync(HttpMethod.Post, path, content: JsonContent.Create(body));

    public Task<Answer> GetAsync(string path, string? token = null) => SendAsync(HttpMethod.Get, path, token);

    public async Task<Answer> SendAsync(
        HttpMethod method, string path, string? token = null, HttpContent? content = null, AuthenticationHeaderValue? authorization = null,
        params (string Name, string Value)[] headers)
    {
        var app = await _running.Value;
        using var request = new HttpRequestMessage(method, app.Urls.First() + path) { Content = content };
        request.Headers.Authorization = token is null ? authorization : new AuthenticationHeaderValue("Bearer", token);
        foreach (var (name, value) in headers)
            request.Headers.TryAddWithoutValidation(name, value);
        using var response = await _http.SendAsync(request, TestContext.Current.CancellationToken);
        var body = await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
        // Every call of every test is one that the server describes, and so is its answer.
        if (path.StartsWith("/v1", StringComparison.Ordinal))
            Assert.Null(await (await ApiAsync()).FaultOfAsync(method, path, response.StatusCode, response.Content.Headers.ContentType?.ToString(), body));
        return new Answer(response, body);
    }

    public async ValueTask DisposeAsync()
    {
        _http.Dispose();
        await StopAsync();
        if (_ownsData && Directory.Exists(Data))
            Directory.Delete(Data, recursive: true);
    }

    private async Task<WebApplication> RunAsync()
    {
        (string Key, string Value)[] all =
        [
            ("environment", Environment), ("urls", "http://127.0.0.1:0"), ("Storage:DataDirectory", Data), ("Auth:PasswordIterations", "100000"),
            ("Serilog:MinimumLevel:Default", "Error"), ("Serilog:MinimumLevel:Override:Microsoft.Hosting.Lifetime", "Fatal"), .. _settings,
        ];
        var app = ChatApplication.Build(
            [.. all.Select(setting => $"--{setting.Key}={setting.Value}")], builder =>
            {
                builder.Services.AddSingleton<TimeProvider>(Clock);
                Change(builder.Services);
            });
        await app.StartAsync(TestContext.Current.CancellationToken);
        return app;
    }

    private async Task StopAsync()
    {
        if (!_running.IsValueCreated || _stopped)
            return;
        _stopped = true;
        var app = await _running.Value;
        await app.StopAsync();
        await app.DisposeAsync();
    }
}

/// <summary>An answer, read to its end.</summary>
public sealed class Answer(HttpResponseMessage response, string body)
{
    public HttpStatusCode Status { get; } = response.StatusCode;

    public string Body => body;

    public JsonElement Json => JsonDocument.Parse(body).RootElement;

    public string AccessToken => Text("accessToken");

    public string RefreshToken => Text("refreshToken");

    public string Text(string property) => Json.GetProperty(property).GetString()!;

    public IEnumerable<string> HeaderNames { get; } = [.. response.Headers.Concat(response.Content.Headers).Select(header => header.Key)];

    public string? Header(string name) =>
        response.Headers.TryGetValues(name, out var values) || response.Content.Headers.TryGetValues(name, out values) ? string.Join(", ", values) : null;

    public Answer Expect(HttpStatusCode status)
    {
        Assert.True(status == Status, $"Expected {status}, got {Status}: {body}");
        return this;
    }

    /// <summary>Problem details with this status and code.</summary>
    public Answer ExpectProblem(HttpStatusCode status, string code)
    {
        Expect(status);
        Assert.StartsWith("application/problem+json", Header("Content-Type"), StringComparison.Ordinal);
        Assert.Equal(code, Text("code"));
        Assert.Equal((int)status, Json.GetProperty("status").GetInt32());
        return this;
    }
}
