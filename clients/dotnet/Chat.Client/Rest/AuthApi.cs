namespace Chat.Client;

/// <summary>/v1/auth: in and out, and on.</summary>
internal sealed class AuthApi(RestDoor door)
{
    public Task<TokenPair> RegisterAsync(Credentials who, CancellationToken ct) =>
        door.AskAsync(HttpMethod.Post, "v1/auth/register", RestDoor.Body(who, ChatJson.Wire.Credentials), null, ChatJson.Wire.TokenPair, ct);

    public Task<TokenPair> LogInAsync(Credentials who, CancellationToken ct) =>
        door.AskAsync(HttpMethod.Post, "v1/auth/login", RestDoor.Body(who, ChatJson.Wire.Credentials), null, ChatJson.Wire.TokenPair, ct);

    public Task<TokenPair> RefreshAsync(string refreshToken, CancellationToken ct) => door.AskAsync(
        HttpMethod.Post, "v1/auth/refresh", RestDoor.Body(new RefreshRequest(refreshToken), ChatJson.Wire.RefreshRequest), null, ChatJson.Wire.TokenPair, ct);

    public Task LogOutAsync(string refreshToken, CancellationToken ct) => door.TellAsync(
        HttpMethod.Post, "v1/auth/logout", RestDoor.Body(new RefreshRequest(refreshToken), ChatJson.Wire.RefreshRequest), null, ct);
}
