using System.Text;
using System.Text.Json;

namespace Chat.Bench.Servers;

/// <summary>The generator's groups at one server.</summary>
internal static class Groups
{
    /// <returns>The conversation's id.</returns>
    public static async Task<string> MakeAsync(Server server, string owner, IEnumerable<string> members, CancellationToken ct)
    {
        using var http = server.NewHttpClient();
        using var request = new HttpRequestMessage(HttpMethod.Post, $"/v1/groups?user={owner}");
        request.Headers.Authorization = new("Bearer", server.Accounts.TokenOf(owner));
        request.Content = new StringContent($$"""{"title":"bench","members":["{{string.Join("\",\"", members)}}"]}""", Encoding.UTF8, "application/json");
        using var answer = await http.SendAsync(request, ct);
        if (!answer.IsSuccessStatusCode)
            throw new BenchException($"No group for {owner}: {(int)answer.StatusCode} {await answer.Content.ReadAsStringAsync(ct)}");
        using var group = JsonDocument.Parse(await answer.Content.ReadAsStringAsync(ct));
        return group.RootElement.GetProperty("conversationId").GetString()!;
    }
}
