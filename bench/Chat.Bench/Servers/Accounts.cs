using System.Collections.Concurrent;
using System.Net;
using System.Text.Json.Serialization;

namespace Chat.Bench.Servers;

/// <summary>The generator's users at one server. A user that is there already, from an earlier run, logs in.</summary>
/// <param name="key">Signs the tokens of all users; null: they have accounts.</param>
internal sealed class Accounts(Uri server, bool needed, SigningKeyFile? key = null) : IDisposable
{
    private const string Password = "a password for load only";
    private const string DeviceId = "bench";
    private const int AtATime = 8;      // the server hashes a password for each: more would only wait

    private readonly HttpClient http = Server.NewHttpClient(server);
    private readonly ConcurrentDictionary<string, string> tokens = new(StringComparer.Ordinal);

    /// <summary>Null at a server without accounts.</summary>
    public string? TokenOf(string user) =>
        !needed ? null
        : key is null ? tokens[user]
        : tokens.GetOrAdd(user, static (name, key) => key.Token(name, DeviceId), key);

    public async Task RegisterAsync(IEnumerable<string> users, CancellationToken ct)
    {
        if (!needed || key is not null)
            return;
        await Parallel.ForEachAsync(users.Where(user => !tokens.ContainsKey(user)),
            new ParallelOptions { MaxDegreeOfParallelism = AtATime, CancellationToken = ct },
            async (user, stop) => tokens[user] = await RegisterAsync(user, stop));
    }

    /// <summary>The token of another device of a user who is registered.</summary>
    public async Task<string> LogInAsync(string user, string device, CancellationToken ct)
    {
        using var loggedIn = await http.PostAsJsonAsync("/v1/auth/login", new Credentials(user, Password, device), AccountsJson.Default.Credentials, ct);
        return await TokenAsync(loggedIn, user, ct);
    }

    public void Dispose() => http.Dispose();

    private async Task<string> RegisterAsync(string user, CancellationToken ct)
    {
        var credentials = new Credentials(user, Password, DeviceId);
        using var registered = await http.PostAsJsonAsync("/v1/auth/register", credentials, AccountsJson.Default.Credentials, ct);
        if (registered.StatusCode != HttpStatusCode.Conflict)
            return await TokenAsync(registered, user, ct);
        using var loggedIn = await http.PostAsJsonAsync("/v1/auth/login", credentials, AccountsJson.Default.Credentials, ct);
        return await TokenAsync(loggedIn, user, ct);
    }

    private static async Task<string> TokenAsync(HttpResponseMessage response, string user, CancellationToken ct)
    {
        if (response.StatusCode == HttpStatusCode.TooManyRequests)
            throw new BenchException("The server limits registrations: start it with RateLimits__Enabled=false.");
        if (!response.IsSuccessStatusCode)
            throw new BenchException($"No account for {user}: {(int)response.StatusCode} {await response.Content.ReadAsStringAsync(ct)}");
        var tokens = await response.Content.ReadFromJsonAsync(AccountsJson.Default.Tokens, ct);
        return tokens?.AccessToken ?? throw new BenchException($"No access token for {user}.");
    }
}

internal sealed record Credentials(string UserId, string Password, string DeviceId);

internal sealed record Tokens(string AccessToken);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(Credentials))]
[JsonSerializable(typeof(Tokens))]
internal sealed partial class AccountsJson : JsonSerializerContext;
