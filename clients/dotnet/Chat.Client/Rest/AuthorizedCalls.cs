namespace Chat.Client;

/// <summary>Calls of the signed-in user. If the server refuses the token, it is renewed and the call made once more.</summary>
internal static class AuthorizedCalls
{
    public static async Task<T> CallAsync<T>(this SessionTokens session, Func<Caller, Task<T>> call, CancellationToken ct)
    {
        var user = session.UserId;
        var token = await session.GetTokenAsync(TimeSpan.Zero, ct);
        try
        {
            return await call(new Caller(user, token));
        }
        catch (ChatException e) when (e.Code is ErrorCodes.Unauthenticated or ErrorCodes.TokenExpired)
        {
            var renewed = await session.RenewAsync(token, ct);
            // A call of one user must not be repeated as the next.
            return session.UserId == user ? await call(new Caller(user, renewed)) : throw ChatException.NotSignedIn();
        }
    }
}
