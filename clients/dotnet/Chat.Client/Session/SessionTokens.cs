namespace Chat.Client;

/// <summary>
/// The session's tokens. A refresh token works once, so one renewal or change of the password runs at a time, to its end even if its caller gives
/// up, and new tokens are stored before they are used.
/// </summary>
internal sealed class SessionTokens(Loop loop, Journal journal, AuthApi auth, TimeProvider clock)
{
    // A token that expires sooner is renewed before the password is changed with it.
    private static readonly TimeSpan LeastTokenLife = TimeSpan.FromSeconds(30);

    private readonly Lock _gate = new();
    private Task<string>? _renewal;                 // under the gate
    private Task _changing = Task.CompletedTask;    // under the gate
    private bool _closed;                           // under the gate

    // Written only by the running renewal: its answer was lost, and perhaps the only valid refresh token with it.
    private bool _answerLost;

    // Written only by the running renewal: tokens that could not be stored. Their refresh token is the valid one.
    private volatile Answer? _unstored;

    /// <summary>The server has ended the session of this refresh token. Raised on any thread, perhaps more than once.</summary>
    public event Action<SignedOutReason, string>? Ended;

    public string? UserId => journal.State.UserId;

    /// <summary>When the access token is to be renewed: after four fifths of its life. Null while signed out.</summary>
    public DateTimeOffset? RenewAt =>
        journal.State.Installation.Tokens is { } tokens ? tokens.IssuedAt + 0.8 * (tokens.ExpiresAt - tokens.IssuedAt) : null;

    public StoredTokens TokensFrom(TokenPair pair)
    {
        var now = clock.GetUtcNow();
        return new StoredTokens(pair.AccessToken, pair.RefreshToken, now, now.AddSeconds(pair.ExpiresIn));
    }

    /// <summary>An access token with at least this much time left, renewed if necessary.</summary>
    /// <exception cref="ChatException"><c>unauthenticated</c>: there is no session; others: it may work later.</exception>
    public Task<string> GetTokenAsync(TimeSpan left, CancellationToken ct)
    {
        var tokens = journal.State.Installation.Tokens ?? throw ChatException.NotSignedIn();
        return tokens.ExpiresAt - clock.GetUtcNow() > left ? Task.FromResult(tokens.Access) : RenewAsync(tokens.Access, isRefused: false, ct);
    }

    /// <summary>A new access token, unless it was renewed meanwhile.</summary>
    /// <param name="access">The token that the server has refused.</param>
    /// <param name="ct">Ends the wait, not the renewal.</param>
    public Task<string> RenewAsync(string access, CancellationToken ct) => RenewAsync(access, isRefused: true, ct);

    private Task<string> RenewAsync(string access, bool isRefused, CancellationToken ct)
    {
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_closed, typeof(ChatClient));
            if (_renewal is null || _renewal.IsCompleted)
            {
                var changing = _changing;
                _renewal = Task.Run(async () =>
                {
                    await EndOfAsync(changing);
                    return await RenewOnceAsync(access, isRefused);
                }, CancellationToken.None);
            }
            return _renewal.WaitAsync(ct);
        }
    }

    /// <summary>
    /// Changes the password. It voids every token given out before, and the session goes on with the pair that is answered. Renewals wait for it, as
    /// the server may close the connection before it answers.
    /// </summary>
    public Task ChangePasswordAsync(PasswordChange change, CancellationToken ct)
    {
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_closed, typeof(ChatClient));
            var before = Task.WhenAll(_changing, _renewal ?? Task.CompletedTask);
            _changing = Task.Run(async () =>
            {
                await EndOfAsync(before);
                await ChangeOnceAsync(change);
            }, CancellationToken.None);
            return _changing.WaitAsync(ct);
        }
    }

    /// <summary>Waits for a renewal that runs: its answer must not be lost.</summary>
    public Task FinishAsync()
    {
        lock (_gate)
            return EndOfAsync(Task.WhenAll(_changing, _renewal ?? Task.CompletedTask));
    }

    /// <summary>Starts no more renewals, and stores the tokens of the last one if that failed before.</summary>
    public async Task CloseAsync()
    {
        lock (_gate)
            _closed = true;
        await FinishAsync();
        if (_unstored is not { } answer)
            return;
        try
        {
            await loop.RunAsync(() => StoreAsync(answer));
        }
        catch (ChatException)
        {
            // The store cannot be written, or the session has ended.
        }
    }

    /// <summary>The valid refresh token of a session that ended with this one: a renewal that was running may have replaced it.</summary>
    public async Task<string> LatestAsync(string refresh)
    {
        await FinishAsync();
        return _unstored is { } answer && answer.Used == refresh ? answer.Tokens.Refresh : refresh;
    }

    private async Task<string> RenewOnceAsync(string access, bool isRefused)
    {
        var current = journal.State.Installation.Tokens ?? throw ChatException.NotSignedIn();
        if (current.Access != access)
            return current.Access;
        if (_unstored is not { } answer || answer.Used != current.Refresh)
            _unstored = answer = new Answer(current.Refresh, await AskAsync(current, isRefused));
        await loop.RunAsync(() => StoreAsync(answer));
        _unstored = null;
        return answer.Tokens.Access;
    }

    private async Task ChangeOnceAsync(PasswordChange change)
    {
        var current = journal.State.Installation.Tokens ?? throw ChatException.NotSignedIn();
        // If the last tokens could not be stored, theirs is the valid one.
        if (current.ExpiresAt - clock.GetUtcNow() < LeastTokenLife || _unstored?.Used == current.Refresh)
        {
            await RenewOnceAsync(current.Access, isRefused: false);
            current = journal.State.Installation.Tokens ?? throw ChatException.NotSignedIn();
        }
        Answer answer;
        try
        {
            answer = new Answer(current.Refresh, TokensFrom(await auth.ChangePasswordAsync(new Caller(UserId, current.Access), change, CancellationToken.None)));
        }
        catch (ChatException e) when (e.Code == ErrorCodes.Network)
        {
            // It may have been changed, and then the tokens here are void.
            _answerLost = true;
            throw;
        }
        _unstored = answer;
        _answerLost = false;
        await loop.RunAsync(() => StoreAsync(answer));
        _unstored = null;
    }

    private async Task<StoredTokens> AskAsync(StoredTokens current, bool isRefused)
    {
        try
        {
            var tokens = TokensFrom(await auth.RefreshAsync(UserId, current.Refresh, CancellationToken.None));
            _answerLost = false;
            return tokens;
        }
        catch (ChatException e) when (e.Code == ErrorCodes.Network)
        {
            _answerLost = true;
            throw;
        }
        catch (ChatException e) when (e.Code == ErrorCodes.Unauthenticated)
        {
            // If the access token had not expired, it was revoked; else the session has expired.
            var isRevoked = isRefused && !_answerLost && current.ExpiresAt > clock.GetUtcNow();
            Ended?.Invoke(isRevoked ? SignedOutReason.Revoked : SignedOutReason.Expired, current.Refresh);
            throw;
        }
    }

    private async Task StoreAsync(Answer answer)
    {
        var installation = journal.State.Installation;
        if (installation.Tokens?.Refresh != answer.Used)
            throw ChatException.NotSignedIn();
        var transaction = journal.Begin();
        transaction.Put(installation with { Tokens = answer.Tokens });
        await journal.CommitAsync(transaction);
    }

    private static Task EndOfAsync(Task task) =>
        task.ContinueWith(_ => { }, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);

    /// <param name="Used">The refresh token that these replace.</param>
    /// <param name="Tokens">The new ones.</param>
    private sealed record Answer(string Used, StoredTokens Tokens);
}
