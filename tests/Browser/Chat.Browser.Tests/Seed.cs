using System.Globalization;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;

namespace Chat.Browser.Tests;

/// <summary>What somebody who does not use the page has written: through REST.</summary>
internal sealed class Seed : IDisposable
{
    private const int AtOnce = 32;
    private readonly HttpClient _http;

    private Seed(HttpClient http, string userId) => (_http, UserId) = (http, userId);

    public string UserId { get; }

    public static async Task<Seed> RegisterAsync(ServerProcess server, string userId)
    {
        var http = new HttpClient { BaseAddress = server.Address };
        using var answer = await http.PostAsJsonAsync(
            "/v1/auth/register", new { userId, password = Window.Password, deviceId = "seed" }, TestContext.Current.CancellationToken);
        answer.EnsureSuccessStatusCode();
        var token = (await answer.Content.ReadFromJsonAsync<JsonElement>(TestContext.Current.CancellationToken)).GetProperty("accessToken").GetString();
        http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", token);
        return new Seed(http, userId);
    }

    /// <returns>Its conversationId.</returns>
    public async Task<string> CreateGroupAsync(string title, params string[] members)
    {
        using var answer = await _http.PostAsJsonAsync("/v1/groups", new { title, members }, TestContext.Current.CancellationToken);
        answer.EnsureSuccessStatusCode();
        return (await answer.Content.ReadFromJsonAsync<JsonElement>(TestContext.Current.CancellationToken)).GetProperty("conversationId").GetString()!;
    }

    public async Task SetTimerAsync(string conversation, int seconds)
    {
        using var answer = await _http.PutAsJsonAsync($"/v1/conversations/{Uri.EscapeDataString(conversation)}/timer", new { seconds }, TestContext.Current.CancellationToken);
        answer.EnsureSuccessStatusCode();
    }

    public async Task WriteAsync(string to, string text, params string[] mentions)
    {
        var message = new { to, text, mentions, clientMsgId = Guid.CreateVersion7().ToString() };
        using var answer = await _http.PostAsJsonAsync("/v1/messages", message, TestContext.Current.CancellationToken);
        answer.EnsureSuccessStatusCode();
    }

    /// <summary>Messages of different lengths, "message 1" to "message N", in any order.</summary>
    public Task WriteManyAsync(string to, int count) => Parallel.ForEachAsync(
        Enumerable.Range(1, count),
        new ParallelOptions { MaxDegreeOfParallelism = AtOnce, CancellationToken = TestContext.Current.CancellationToken },
        async (n, _) => await WriteAsync(to, Text(n)));

    public void Dispose() => _http.Dispose();

    private static string Text(int n) => string.Create(
        CultureInfo.InvariantCulture, $"message {n}{string.Concat(Enumerable.Repeat(" and some more words to fill the line", n * 7 % 5))}");
}
