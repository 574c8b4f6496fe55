using Chat.Client.Tests.Fakes;
using Chat.EndToEnd.Tests.Running;

namespace Chat.Client.Tests.Connection;

public sealed class PasswordChangeTests
{
    private const string Call = "/v1/auth/password";

    [Fact]
    public async Task The_session_goes_on_with_the_pair_that_is_answered_and_stores_it()
    {
        await using var rig = await Rig.OnlineAsync();

        await ChangeAsync(rig);

        Assert.Equal("refresh-2", await StoredAsync(rig));
        await rig.ReconnectAsync(CloseReason.Revoked);
        Assert.Equal(0, rig.Server.Refreshes);
    }

    [Fact]
    public async Task A_connection_that_the_server_closes_before_it_answers_is_no_end_of_the_session()
    {
        await using var rig = await Rig.OnlineAsync();
        rig.Server.KnowsSession = false;
        var answer = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        rig.Rest.Before = path => path == Call ? answer.Task : Task.CompletedTask;
        var change = ChangeAsync(rig);
        await Until.TrueAsync(() => rig.Rest.Asked.Contains($"POST {Call}"), "it is asked");
        rig.Server.Current.Close(CloseReason.Revoked);
        await Until.TrueAsync(() => rig.Client.Connection.Status != ConnectionStatus.Online, "it is closed");

        answer.SetResult();
        await change;

        await rig.AdvanceUntilAsync(() => rig.Server.Connections.Count == 2, "it connects again");
        await rig.CaughtUpAsync();
        Assert.Equal("refresh-2", await StoredAsync(rig));
        Assert.DoesNotContain("POST /v1/auth/refresh", rig.Rest.Asked);
    }

    [Theory]
    [InlineData(ErrorCodes.Forbidden)]
    [InlineData(ErrorCodes.BadRequest)]
    [InlineData(ErrorCodes.RateLimited)]
    [InlineData(ErrorCodes.Unavailable)]
    public async Task A_change_that_is_refused_changes_nothing(string code)
    {
        await using var rig = await Rig.OnlineAsync();
        rig.Rest.PasswordRefusal = code;

        var e = await Assert.ThrowsAsync<ChatException>(() => ChangeAsync(rig));

        Assert.Equal(code, e.Code);
        Assert.Equal("refresh-1", await StoredAsync(rig));
        Assert.Equal(ConnectionStatus.Online, rig.Client.Connection.Status);
    }

    [Fact]
    public async Task A_change_whose_answer_is_lost_ends_the_session_as_one_that_ran_out_and_nothing_is_deleted()
    {
        await using var rig = await Rig.OnlineAsync();
        await rig.Client.SendAsync(Rig.Direct, "mine");
        rig.Server.RestFault = new HttpRequestException("reset");
        Assert.Equal(ErrorCodes.Network, (await Assert.ThrowsAsync<ChatException>(() => ChangeAsync(rig))).Code);
        (rig.Server.RestFault, rig.Server.KnowsSession) = (null, false);

        rig.Server.Current.Close(CloseReason.Revoked);
        await rig.AdvanceUntilAsync(() => rig.Client.Connection.Status == ConnectionStatus.SignedOut, "it is signed out");

        Assert.Equal(SignedOutReason.Expired, rig.Client.Connection.Reason);
        await rig.Client.SignInAsync(Rig.Me, "battery staple");
        await rig.CaughtUpAsync();
    }

    [Fact]
    public async Task An_answer_that_cannot_be_stored_is_not_lost()
    {
        await using var rig = await Rig.OnlineAsync();
        rig.Store.Fails = changes => changes.OfType<StoreChange.PutInstallation>().Any();
        Assert.Equal(ErrorCodes.Storage, (await Assert.ThrowsAsync<ChatException>(() => ChangeAsync(rig))).Code);

        rig.Store.Fails = _ => false;
        await rig.ReconnectAsync(CloseReason.Revoked);

        Assert.Equal("refresh-2", await StoredAsync(rig));
        Assert.Equal(0, rig.Server.Refreshes);
    }

    [Fact]
    public async Task Signing_out_meanwhile_ends_the_pair_that_comes()
    {
        await using var rig = await Rig.OnlineAsync();
        var answer = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        rig.Rest.Before = path => path == Call ? answer.Task : Task.CompletedTask;
        var change = ChangeAsync(rig);
        await Until.TrueAsync(() => rig.Rest.Asked.Contains($"POST {Call}"), "it is asked");

        await rig.Client.SignOutAsync();
        answer.SetResult();

        await Assert.ThrowsAsync<ChatException>(() => change);
        await Until.TrueAsync(() => rig.Server.LoggedOut is ["refresh-2"], "the server is told", () => string.Join(',', rig.Server.LoggedOut));
        Assert.Null(await StoredAsync(rig));
    }

    private static Task ChangeAsync(Rig rig) => rig.Client.ChangePasswordAsync("password", "battery staple");

    private static async Task<string?> StoredAsync(Rig rig) => (await rig.Store.OpenAsync(CancellationToken.None)).Installation!.Tokens?.Refresh;
}
