using System.Text.Json.Serialization.Metadata;

namespace Chat.Client;

/// <summary>The calls of /v1/auth.</summary>
internal sealed class AuthApi(RestClient rest)
{
    private static readonly ChatJson Json = ChatJson.Wire;

    public Task<TokenPair> RegisterAsync(Credentials who, CancellationToken ct) => AskAsync("v1/auth/register", who.UserId, who, Json.Credentials, ct);

    public Task<TokenPair> LogInAsync(Credentials who, CancellationToken ct) => AskAsync("v1/auth/login", who.UserId, who, Json.Credentials, ct);

    public Task<TokenPair> RefreshAsync(string? userId, string refreshToken, CancellationToken ct) =>
        AskAsync("v1/auth/refresh", userId, new RefreshRequest(refreshToken), Json.RefreshRequest, ct);

    public Task<TokenPair> ChangePasswordAsync(Caller caller, PasswordChange change, CancellationToken ct) => rest.AskAsync(
        HttpMethod.Post, "v1/auth/password", RestClient.Body(change, Json.PasswordChange), caller, Json.TokenPair, ct);

    public Task LogOutAsync(string? userId, string refreshToken, CancellationToken ct) => rest.TellAsync(
        HttpMethod.Post, "v1/auth/logout", RestClient.Body(new RefreshRequest(refreshToken), Json.RefreshRequest), new Caller(userId), ct);

    private Task<TokenPair> AskAsync<TBody>(string path, string? userId, TBody body, JsonTypeInfo<TBody> type, CancellationToken ct) =>
        rest.AskAsync(HttpMethod.Post, path, RestClient.Body(body, type), new Caller(userId), Json.TokenPair, ct);
}
