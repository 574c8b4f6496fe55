namespace Chat.Client;

// Signing in and out. Only the holder of _signing changes the session and starts or stops the connector.
public sealed partial class ChatClient
{
    private static readonly TimeSpan LogoutTimeout = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan StorePause = TimeSpan.FromSeconds(5);

    // Only the holder of _signing writes it.
    private Task _loggingOut = Task.CompletedTask;

    /// <summary>Makes an account and signs in.</summary>
    /// <param name="userId">1 to 64 letters, digits, dots, underscores and hyphens, a letter or digit first.</param>
    /// <param name="password">8 to 256 characters.</param>
    /// <param name="deviceName">Shown in the list of devices; at most 64 characters.</param>
    /// <param name="ct">Cancels the call.</param>
    /// <exception cref="ChatException"><c>conflict</c>: the id is taken; <c>bad_request</c>, <c>rate_limited</c>, <c>network</c>, <c>storage</c>.</exception>
    /// <exception cref="InvalidOperationException">Somebody is signed in.</exception>
    public Task RegisterAsync(string userId, string password, string? deviceName = null, CancellationToken ct = default) =>
        EnterAsync(userId, password, deviceName, _auth.RegisterAsync, ct);

    /// <summary>Signs in. If the same user's session had ended, the outbox is sent; another user starts with an empty store.</summary>
    /// <inheritdoc cref="RegisterAsync"/>
    /// <exception cref="ChatException"><c>unauthenticated</c>: a wrong password, or no such user; <c>rate_limited</c>, <c>network</c>, <c>storage</c>.</exception>
    public Task SignInAsync(string userId, string password, string? deviceName = null, CancellationToken ct = default) =>
        EnterAsync(userId, password, deviceName, _auth.LogInAsync, ct);

    /// <summary>Signs out: everything in the store is deleted, the outbox too. The server is told if it can be reached.</summary>
    /// <exception cref="ChatException"><c>storage</c>: it could not be deleted.</exception>
    public async Task SignOutAsync()
    {
        await TakeTurnAsync(CancellationToken.None);
        try
        {
            if (_journal.State.Installation.Tokens is null)
                return;
            var user = _session.UserId;
            await _connector.StopAsync();
            if (await EndSessionAsync(SignedOutReason.SignedOut) is { } refresh)
                _loggingOut = LogOutAsync(user, refresh);
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
    /// <param name="currentPassword">The password until now.</param>
    /// <param name="newPassword">8 to 256 characters, not a common one.</param>
    /// <param name="ct">Ends the wait, not the change.</param>
    /// <exception cref="ChatException">
    /// <c>forbidden</c>: the current password is wrong; <c>bad_request</c>: the server does not take the new one; <c>rate_limited</c> after many wrong
    /// ones; <c>network</c>: it may have been changed, and then the session ends and the new password signs in; <c>storage</c>: it was changed, and the
    /// new tokens are stored later.
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
            var pair = await enter(new Credentials(userId, password, _journal.State.Installation.DeviceId, deviceName), ct);
            // A renewal of the last session must not delay this one.
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
        var transaction = _journal.Begin();
        if (transaction.Now.Installation.UserId == userId)
        {
            transaction.Unhide();
        }
        else
        {
            transaction.ClearLog();
            transaction.ClearOutbox();
        }
        var hidden = transaction.Now.Installation.UserId == userId ? transaction.Now.Installation.Epoch : null;
        transaction.Put(transaction.Now.Installation with { UserId = userId, Tokens = _session.TokensFrom(pair), Epoch = hidden });
        await _journal.CommitAsync(transaction);
    }

    /// <summary>Ends a session that the server no longer accepts. Repeats while the store cannot be written.</summary>
    private async Task EndVoidSessionAsync(SignedOutReason reason, string refused, CancellationToken ct)
    {
        await TakeTurnAsync(ct);
        try
        {
            if (_journal.State.Installation.Tokens?.Refresh != refused)
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

    /// <returns>The session's last refresh token.</returns>
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

    private async Task LogOutAsync(string? user, string refresh)
    {
        var latest = await _session.LatestAsync(refresh);
        using var patience = new CancellationTokenSource(LogoutTimeout);
        try
        {
            await _auth.LogOutAsync(user, latest, patience.Token);
        }
        catch (Exception e) when (e is ChatException or OperationCanceledException)
        {
            // The token expires by itself.
            _log.CallFailed("Logging out", (e as ChatException)?.Code ?? ErrorCodes.Network);
        }
    }

    private async Task<string?> ForgetSessionAsync(SignedOutReason reason)
    {
        var transaction = _journal.Begin();
        var refresh = transaction.Now.Installation.Tokens?.Refresh;
        var installation = transaction.Now.Installation with { Tokens = null };
        switch (reason)
        {
            case SignedOutReason.SignedOut:
                transaction.ClearLog();
                transaction.ClearOutbox();
                transaction.Put(new StoredInstallation(installation.DeviceId));
                break;
            case SignedOutReason.Revoked:
                // The device may be in other hands: no messages stay. The outbox does. The revoked id has lost its cursors, so it gets a new one.
                transaction.ClearLog();
                transaction.Hide();
                transaction.Put(installation with { DeviceId = DeviceIds.Next(), Epoch = null });
                break;
            default:
                transaction.Hide();
                transaction.Put(installation);
                break;
        }
        await _journal.CommitAsync(transaction);
        return refresh;
    }
}
