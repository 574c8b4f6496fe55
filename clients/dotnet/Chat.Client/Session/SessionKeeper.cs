namespace Chat.Client;

/// <summary>
/// Keeps the session's tokens fresh. A refresh token works once, so one renewal or change of the password runs at a time, to its end whoever hangs
/// up, and its answer is stored before it is used.
/// </summary>
internal sealed class SessionKeeper(Loop loop, Ledger ledger, AuthApi auth, TimeProvider clock)
{
    // A token with less is renewed before the password is changed with it.
    private static readonly TimeSpan LeastTokenLife = TimeSpan.FromSeconds(30);

    private readonly Lock _gate = new();
    private Task<string>? _renewal;                 // under the gate
    private Task _changing = Task.CompletedTask;    // under the gate
    private bool _closed;                           // under the gate

    // Only what runs writes it: an answer was lost, and with it perhaps the only good refresh token.
    private bool _answerLost;

    // Only what runs writes it: an answer that could not be stored. Its refresh token is the one that still works.
    private volatile Answer? _unstored;

    /// <summary>The server knows the session of this refresh token no more. From any thread, perhaps more than once.</summary>
    public event Action<SignedOutReason, string>? Ended;

    public string? UserId => ledger.State.UserId;

    /// <summary>When the access token is to be renewed: four fifths of its life are gone. Null while signed out.</summary>
    public DateTimeOffset? RenewAt =>
        ledger.State.Installation.Tokens is { } tokens ? tokens.IssuedAt + 0.8 * (tokens.ExpiresAt - tokens.IssuedAt) : null;

    public StoredTokens TokensFrom(TokenPair pair)
    {
        var now = clock.GetUtcNow();
        return new StoredTokens(pair.AccessToken, pair.RefreshToken, now, now.AddSeconds(pair.ExpiresIn));
    }

    /// <summary>An access token with at least so much life left, renewed if need be.</summary>
    /// <exception cref="ChatException"><c>unauthenticated</c>: there is no session, or no longer; others: it may work later.</exception>
    public Task<string> GetTokenAsync(TimeSpan left, CancellationToken ct)
    {
        var tokens = ledger.State.Installation.Tokens ?? throw ChatException.NotSignedIn();
        return tokens.ExpiresAt - clock.GetUtcNow() > left ? Task.FromResult(tokens.Access) : RenewAsync(tokens.Access, isRefused: false, ct);
    }

    /// <summary>An access token other than that one: by a renewal, unless there was one meanwhile.</summary>
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

    /// <summary>Waits for what is under way: its answer must not be lost.</summary>
    public Task FinishAsync()
    {
        lock (_gate)
            return EndOfAsync(Task.WhenAll(_changing, _renewal ?? Task.CompletedTask));
    }

    /// <summary>Begins no other renewal, and stores the answer of the last one where that has failed before.</summary>
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
            // The store has said so; or it was of a session that ended.
        }
    }

    /// <summary>The refresh token that works, of a session that has ended with this one: a renewal that was under way may have brought another.</summary>
    public async Task<string> LatestAsync(string refresh)
    {
        await FinishAsync();
        return _unstored is { } answer && answer.Used == refresh ? answer.Tokens.Refresh : refresh;
    }

    private async Task<string> RenewOnceAsync(string access, bool isRefused)
    {
        var current = ledger.State.Installation.Tokens ?? throw ChatException.NotSignedIn();
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
        var current = ledger.State.Installation.Tokens ?? throw ChatException.NotSignedIn();
        // Where the last answer could not be stored, its token is the one that works.
        if (current.ExpiresAt - clock.GetUtcNow() < LeastTokenLife || _unstored?.Used == current.Refresh)
        {
            await RenewOnceAsync(current.Access, isRefused: false);
            current = ledger.State.Installation.Tokens ?? throw ChatException.NotSignedIn();
        }
        Answer answer;
        try
        {
            answer = new Answer(current.Refresh, TokensFrom(await auth.ChangePasswordAsync(change, current.Access, CancellationToken.None)));
        }
        catch (ChatException e) when (e.Code == ErrorCodes.Network)
        {
            // Perhaps it was changed, and the tokens here are void.
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
            var tokens = TokensFrom(await auth.RefreshAsync(current.Refresh, CancellationToken.None));
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
            // A token that should have been good for a while was voided; else the session has merely run out.
            var isRevoked = isRefused && !_answerLost && current.ExpiresAt > clock.GetUtcNow();
            Ended?.Invoke(isRevoked ? SignedOutReason.Revoked : SignedOutReason.Expired, current.Refresh);
            throw;
        }
    }

    private async Task StoreAsync(Answer answer)
    {
        var installation = ledger.State.Installation;
        if (installation.Tokens?.Refresh != answer.Used)
            throw ChatException.NotSignedIn();
        var draft = ledger.Begin();
        draft.Put(installation with { Tokens = answer.Tokens });
        await ledger.CommitAsync(draft);
    }

    private static Task EndOfAsync(Task task) =>
        task.ContinueWith(_ => { }, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);

    /// <param name="Used">The refresh token whose place it takes.</param>
    /// <param name="Tokens">What came.</param>
    private sealed record Answer(string Used, StoredTokens Tokens);
}
