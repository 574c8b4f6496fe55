namespace Chat.Client;

/// <summary>Whose request or connection it is.</summary>
/// <param name="UserId">
/// Put into the address: a load balancer sends all requests of one user to one server. The server itself does not read it. Null: not known.
/// </param>
/// <param name="Token">The access token; null for the calls that need none.</param>
internal readonly record struct Caller(string? UserId, string? Token = null)
{
    /// <summary>An address below the server's, with the routing hint (docs/protocol.md).</summary>
    public Uri AddressOf(string path) => new(
        UserId is null ? path : $"{path}{(path.Contains('?') ? '&' : '?')}user={Uri.EscapeDataString(UserId)}", UriKind.Relative);

    // A record's own would contain the token.
    public override string ToString() => $"{UserId}";
}
