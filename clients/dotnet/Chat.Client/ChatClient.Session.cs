namespace Chat.Client;

// In and out. Who holds _signing changes the session and starts or stops the connector.
public sealed partial class ChatClient
{
    private static readonly TimeSpan LogoutPatience = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan StorePause = TimeSpan.FromSeconds(5);

    // Who holds _signing writes it.
    private Task _goodbye = Task.CompletedTask;

    /// <summary>Makes an account and signs in.</summary>
    /// <param name="userId">1 to 64 letters, digits, dots, underscores and hyphens; not a sign first.</param>
    /// <param name="password">8 to 256 characters.</param>
    /// <param name="deviceName">What the list of devices shows; at most 64 characters.</param>
    /// <param name="ct">Cancels.</param>
    /// <exception cref="ChatException"><c>conflict</c>: the id is taken; <c>bad_request</c>, <c>rate_limited</c>, <c>network</c>, <c>storage</c>.</exception>
    /// <exception cref="InvalidOperationException">Somebody is signed in.</exception>
    public Task RegisterAsync(string userId, string password, string? deviceName = null, CancellationToken ct = default) =>
        EnterAsync(userId, password, deviceName, _auth.RegisterAsync, ct);

    /// <summary>Signs in. The outbox of the same user, whose session had ended, goes out then; another user begins with nothing.</summary>
    /// <inheritdoc cref="RegisterAsync"/>
    /// <exception cref="ChatException"><c>unauthenticated</c>: a wrong password, or no such user; <c>rate_limited</c>, <c>network</c>, <c>storage</c>.</exception>
    public Task SignInAsync(string userId, string password, string? deviceName = null, CancellationToken ct = default) =>
        EnterAsync(userId, password, deviceName, _auth.LogInAsync, ct);

    /// <summary>Signs out: everything here is deleted, the outbox included. The server is told behind that, as well as it can be.</summary>
    /// <exception cref="ChatException"><c>storage</c>: it could not be deleted.</exception>
    public async Task SignOutAsync()
    {
        await TakeTurnAsync(CancellationToken.None);
        try
        {
            if (_ledger.State.Installation.Tokens is null)
                return;
            await _connector.StopAsync();
            if (await EndSessionAsync(SignedOutReason.SignedOut) is { } refresh)
                _goodbye = LogOutAsync(refresh);
        }
        catch (ChatException)
        {
            // Still signed in.
            _connector.Start();
            throw;
        }
        finally
        {
            _signing.Release();
        }
    }

    /// <summary>Changes the password and ends the user's other sessions; this one goes on.</summary>
    /// <param name="currentPassword">The one that signs in now.</param>
    /// <param name="newPassword">8 to 256 characters, not a common one.</param>
    /// <param name="ct">Ends the wait, not the change.</param>
    /// <exception cref="ChatException">
    /// <c>forbidden</c>: the current password is wrong; <c>bad_request</c>: the server does not take the new one; <c>rate_limited</c> after many wrong
    /// ones; <c>network</c>: it may have been changed, and then the session ends and the new one signs in; <c>storage</c>: it was changed, and what
    /// keeps the session is stored later.
    /// </exception>
    public Task ChangePasswordAsync(string currentPassword, string newPassword, CancellationToken ct = default) =>
        _session.ChangePasswordAsync(new PasswordChange(currentPassword, newPassword), ct);

    /// <summary>The user's devices.</summary>
    /// <exception cref="ChatException">It was refused, or no answer came.</exception>
    public async Task<IReadOnlyList<Device>> GetDevicesAsync(CancellationToken ct = default) => (await _api.GetDevicesAsync(ct)).Devices;

    /// <summary>Ends a device's session at once, this one's too if it is named.</summary>
    /// <exception cref="ChatException"><c>not_found</c>: the user has no such device; or no answer came.</exception>
    public Task RevokeDeviceAsync(string deviceId, CancellationToken ct = default) => _api.RevokeDeviceAsync(deviceId, ct);

    private async Task EnterAsync(
        string userId, string password, string? deviceName, Func<Credentials, CancellationToken, Task<TokenPair>> enter, CancellationToken ct)
    {
        await TakeTurnAsync(ct);
        try
        {
            if (Session is not null)
                throw new InvalidOperationException("Somebody is signed in: sign out first.");
            var pair = await enter(new Credentials(userId, password, _ledger.State.Installation.DeviceId, deviceName), ct);
            // Who asks for a token must not wait for what was the last session's.
            await _session.FinishAsync().WaitAsync(ct);
            await _loop.RunAsync(() => BeginSessionAsync(userId, pair));
            await _connector.StopAsync();
            _connector.Start();
        }
        finally
        {
            _signing.Release();
        }
    }

    private async Task BeginSessionAsync(string userId, TokenPair pair)
    {
        var draft = _ledger.Begin();
        if (draft.Now.Installation.UserId == userId)
        {
            draft.Unhide();
        }
        else
        {
            draft.ClearLog();
            draft.ClearOutbox();
        }
        var kept = draft.Now.Installation.UserId == userId ? draft.Now.Installation.Epoch : null;
        draft.Put(draft.Now.Installation with { UserId = userId, Tokens = _session.TokensFrom(pair), Epoch = kept });
        await _ledger.CommitAsync(draft);
    }

    /// <summary>Ends a session that the server does not know any more, and goes on trying while the store does not take it.</summary>
    private async Task EndVoidSessionAsync(SignedOutReason reason, string refused, CancellationToken ct)
    {
        await TakeTurnAsync(ct);
        try
        {
            if (_ledger.State.Installation.Tokens?.Refresh != refused)
                return;
            await _connector.StopAsync();
            await _session.FinishAsync();
            while (!await TryEndSessionAsync(reason))
                await Task.Delay(StorePause, _options.Clock, ct);
        }
        finally
        {
            _signing.Release();
        }
    }

    private async Task<bool> TryEndSessionAsync(SignedOutReason reason)
    {
        try
        {
            await EndSessionAsync(reason);
            return true;
        }
        catch (ChatException e) when (e.Code == ErrorCodes.Storage)
        {
            return false;
        }
    }

    /// <summary>Answers with the session's last refresh token.</summary>
    private async Task<string?> EndSessionAsync(SignedOutReason reason)
    {
        var refresh = await _loop.RunAsync(() => ForgetSessionAsync(reason));
        _log.SessionEnded(reason);
        ShowConnection(new ConnectionState(ConnectionStatus.SignedOut, Reason: reason));
        return refresh;
    }

    private async Task TakeTurnAsync(CancellationToken ct)
    {
        await _signing.WaitAsync(ct);
        if (Volatile.Read(ref _disposed) == 0)
            return;
        _signing.Release();
        throw new ObjectDisposedException(nameof(ChatClient));
    }

    private async Task LogOutAsync(string refresh)
    {
        var latest = await _session.LatestAsync(refresh);
        using var patience = new CancellationTokenSource(LogoutPatience);
        try
        {
            await _auth.LogOutAsync(latest, patience.Token);
        }
        catch (Exception e) when (e is ChatException or OperationCanceledException)
        {
            // As well as it can be: the token runs out by itself.
            _log.DidNotWork("Logging out", (e as ChatException)?.Code ?? ErrorCodes.Network);
        }
    }

    private async Task<string?> ForgetSessionAsync(SignedOutReason reason)
    {
        var draft = _ledger.Begin();
        var refresh = draft.Now.Installation.Tokens?.Refresh;
        var installation = draft.Now.Installation with { Tokens = null };
        switch (reason)
        {
            case SignedOutReason.SignedOut:
                draft.ClearLog();
                draft.ClearOutbox();
                draft.Put(new StoredInstallation(installation.DeviceId));
                break;
            case SignedOutReason.Revoked:
                // Perhaps it is in foreign hands now: nothing to read stays. Its cursors are void with its id, what was written is not.
                draft.ClearLog();
                draft.Hide();
                draft.Put(installation with { DeviceId = DeviceIds.Next(), Epoch = null });
                break;
            default:
                draft.Hide();
                draft.Put(installation);
                break;
        }
        await _ledger.CommitAsync(draft);
        return refresh;
    }
}
