using System.Net;
using Chat.Client.Tests.Fakes;
using Chat.EndToEnd.Tests.Running;

namespace Chat.Client.Tests.Connection;

public sealed class ConnectionTests
{
    [Fact]
    public void Pauses_are_random_up_to_a_bound_that_doubles_to_thirty_seconds()
    {
        var longest = new BackOff(new Extreme());

        var pauses = Enumerable.Range(0, 9).Select(_ => longest.Next().TotalSeconds).ToList();
        longest.StartOver();

        Assert.Equal([0.5, 1, 2, 4, 8, 16, 30, 30, 30], pauses);
        Assert.Equal(0.5, longest.Next().TotalSeconds);
    }

    [Fact]
    public async Task After_a_loss_it_says_when_it_tries_again_and_comes_back()
    {
        await using var rig = await Rig.OnlineAsync();
        rig.Server.RefusesConnections = new ChatException(ErrorCodes.Network, "no route");

        rig.Server.Current.Close();
        await Until.TrueAsync(() => rig.Client.Connection.Status == ConnectionStatus.Offline, "it is offline");
        Assert.Equal(rig.Clock.GetUtcNow().AddSeconds(0.25), rig.Client.Connection.RetryAt);

        rig.Clock.Advance(TimeSpan.FromSeconds(0.25));
        await Until.TrueAsync(() => rig.Client.Connection.RetryAt == rig.Clock.GetUtcNow().AddSeconds(0.5), "the next pause is longer");
        rig.Server.RefusesConnections = null;
        rig.Client.RetryNow();
        await rig.CaughtUpAsync();
    }

    [Fact]
    public async Task A_server_that_goes_away_is_left_after_the_pause_it_names_and_works_until_then()
    {
        await using var rig = await Rig.OnlineAsync();
        rig.Server.Current.Push(new GoAway(TimeSpan.FromSeconds(2)));
        rig.Server.Push(Rig.Direct, "bob", "still there");
        await rig.TakenAsync(1);
        Assert.Single(rig.Server.Connections);

        await rig.AdvanceUntilAsync(() => rig.Server.Connections.Count == 2, "it goes elsewhere");
        await rig.CaughtUpAsync();
    }

    [Fact]
    public async Task Also_where_the_connection_closes_before_the_pause_ends()
    {
        await using var rig = await Rig.OnlineAsync();
        rig.Server.Current.Push(new GoAway(TimeSpan.FromSeconds(20)));
        rig.Server.Current.Close();

        await Until.TrueAsync(() => rig.Client.Connection.Status == ConnectionStatus.Offline, "it is offline");

        Assert.Equal(rig.Clock.GetUtcNow().AddSeconds(20), rig.Client.Connection.RetryAt);
    }

    [Fact]
    public async Task Replaced_it_stays_away_until_told_to_take_over()
    {
        await using var rig = await Rig.OnlineAsync();
        rig.Server.Current.Close(CloseReason.Replaced);
        await Until.TrueAsync(() => rig.Client.Connection.Status == ConnectionStatus.Replaced, "it says so");

        rig.Clock.Advance(TimeSpan.FromHours(1));
        rig.Client.RetryNow();
        await rig.SettleAsync();
        Assert.Equal(ConnectionStatus.Replaced, rig.Client.Connection.Status);
        Assert.Single(rig.Server.Connections);

        rig.Client.TakeOver();
        await rig.CaughtUpAsync();
    }

    [Theory]
    [InlineData(nameof(CloseReason.TokenExpired))]
    [InlineData(nameof(CloseReason.Revoked))]
    public async Task Closed_for_its_token_it_renews_that_first(string reason)
    {
        await using var rig = await Rig.OnlineAsync();
        var token = rig.Server.Current.Token;

        rig.Server.Current.Close(Enum.Parse<CloseReason>(reason));
        await Until.TrueAsync(() => rig.Server.Connections.Count == 2, "it is back at once");

        Assert.NotEqual(token, rig.Server.Current.Token);
        Assert.Equal(1, rig.Server.Refreshes);
    }

    [Fact]
    public async Task A_session_that_the_server_no_longer_knows_is_signed_out_as_revoked_and_its_device_id_is_not_used_again()
    {
        await using var rig = await Rig.OnlineAsync();
        rig.Server.Push(Rig.Direct, "bob", "secret");
        await rig.TakenAsync(1);
        var device = rig.Client.Session!.DeviceId;
        rig.Server.Answer = _ => null;
        await rig.Client.SendAsync(Rig.Direct, "unsent");
        rig.Server.KnowsSession = false;

        rig.Server.Current.Close(CloseReason.Revoked);
        await Until.TrueAsync(() => rig.Client.Connection.Status == ConnectionStatus.SignedOut, "it is signed out");
        Assert.Equal(SignedOutReason.Revoked, rig.Client.Connection.Reason);
        Assert.Null(rig.Client.Session);
        Assert.Empty(rig.Client.Conversations);
        Assert.Empty(await rig.TextsAsync());

        rig.Server.KnowsSession = true;
        rig.Server.Answer = null;
        await rig.Client.SignInAsync(Rig.Me, "password");
        await rig.CaughtUpAsync();
        Assert.NotEqual(device, rig.Client.Session!.DeviceId);
        await Until.TrueAsync(() => rig.Server.Log(Rig.Direct).Any(message => message.Text == "unsent"), "what was written goes out");
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_renewal_that_is_refused_is_no_revocation_where_the_token_was_good_or_an_answer_was_lost(bool answerLost)
    {
        await using var rig = await Rig.OnlineAsync();
        rig.Server.Push(Rig.Direct, "bob", "hello");
        await rig.TakenAsync(1);
        var device = rig.Client.Session!.DeviceId;
        if (answerLost)
        {
            rig.Server.RestFault = new HttpRequestException("lost");
            await rig.AdvanceUntilAsync(() => rig.Rest.Asked.Contains("POST /v1/auth/refresh"), "it is renewed");
            rig.Server.RestFault = null;
        }

        rig.Server.KnowsSession = false;
        if (answerLost)
            rig.Server.Current.Close(CloseReason.Revoked);
        await rig.AdvanceUntilAsync(() => rig.Client.Connection.Status == ConnectionStatus.SignedOut, "it is signed out");

        Assert.Equal(SignedOutReason.Expired, rig.Client.Connection.Reason);
        rig.Server.KnowsSession = true;
        await rig.Client.SignInAsync(Rig.Me, "password");
        Assert.Equal(("hello", device), (rig.Client.FindConversation(Rig.Direct)?.LastMessage?.Text, rig.Client.Session!.DeviceId));
    }

    [Theory]
    [InlineData(HttpStatusCode.Unauthorized)]
    [InlineData(HttpStatusCode.Forbidden)]
    public async Task A_page_of_a_proxy_does_not_end_the_session(HttpStatusCode status)
    {
        await using var rig = await Rig.OnlineAsync();
        rig.Rest.ProxyPage = status;
        await rig.AdvanceUntilAsync(() => rig.Rest.Asked.Count(asked => asked == "POST /v1/auth/refresh") == 2, "it is tried again");

        rig.Rest.ProxyPage = null;
        await rig.AdvanceUntilAsync(() => rig.Server.Refreshes == 1, "it is renewed");

        Assert.NotNull(rig.Client.Session);
    }

    [Fact]
    public async Task A_session_that_ran_out_is_expired_and_everything_is_there_when_the_user_returns()
    {
        await using var rig = await Rig.OnlineAsync();
        rig.Server.Push(Rig.Direct, "bob", "hello");
        await rig.TakenAsync(1);
        await rig.CloseAsync();
        rig.Server.KnowsSession = false;
        rig.Clock.Advance(TimeSpan.FromDays(60));

        await rig.OpenAsync();
        await Until.TrueAsync(() => rig.Client.Connection is { Status: ConnectionStatus.SignedOut, Reason: SignedOutReason.Expired }, "it has expired");
        Assert.Empty(rig.Client.Conversations);

        rig.Server.KnowsSession = true;
        await rig.Client.SignInAsync(Rig.Me, "password");
        Assert.Equal("hello", rig.Client.FindConversation(Rig.Direct)!.LastMessage!.Text);
    }

    [Fact]
    public async Task Another_user_begins_with_nothing()
    {
        await using var rig = await Rig.OnlineAsync();
        rig.Server.Push(Rig.Direct, "bob", "hello");
        await rig.TakenAsync(1);
        await rig.CloseAsync();
        rig.Server.KnowsSession = false;
        rig.Clock.Advance(TimeSpan.FromDays(60));
        await rig.OpenAsync();
        await Until.TrueAsync(() => rig.Client.Session is null, "the session has ended");
        rig.Server.RefusesConnections = new ChatException(ErrorCodes.Network, "no route");

        await rig.Client.SignInAsync("mallory", "password");

        Assert.Empty(rig.Client.Conversations);
        Assert.Empty(await rig.TextsAsync());
    }

    [Fact]
    public async Task Signing_out_tells_the_server_and_deletes_everything_but_the_device_id()
    {
        await using var rig = await Rig.OnlineAsync();
        rig.Server.Push(Rig.Direct, "bob", "hello");
        await rig.TakenAsync(1);
        var device = rig.Client.Session!.DeviceId;
        Assert.Matches("^dotnet-[a-z0-9]{8}$", device);

        await rig.Client.SignOutAsync();

        await Until.TrueAsync(() => rig.Server.LoggedOut is ["refresh-1"], "the server is told");
        Assert.Equal((ConnectionStatus.SignedOut, SignedOutReason.SignedOut), (rig.Client.Connection.Status, rig.Client.Connection.Reason!.Value));
        var stored = await rig.Store.OpenAsync(CancellationToken.None);
        Assert.Equal(new StoredInstallation(device), stored.Installation);
        Assert.Empty(stored.Conversations);
        Assert.Empty(await rig.TextsAsync());
    }

    [Fact]
    public async Task A_token_is_renewed_when_four_fifths_of_its_life_are_gone_and_the_connection_is_told()
    {
        await using var rig = await Rig.OnlineAsync();

        rig.Clock.Advance(TimeSpan.FromSeconds(719));
        await rig.SettleAsync();
        Assert.Equal(0, rig.Server.Refreshes);
        await rig.AdvanceUntilAsync(() => rig.Server.Said.OfType<AuthFrame>().Any(), "the connection is told");

        Assert.Equal(new AuthFrame(rig.Server.CurrentToken), Assert.Single(rig.Server.Said.OfType<AuthFrame>()));
        Assert.Equal(1, rig.Server.Refreshes);
        Assert.Equal(rig.Server.CurrentToken, (await rig.Store.OpenAsync(CancellationToken.None)).Installation!.Tokens!.Access);
        Assert.Single(rig.Server.Connections);
    }

    [Fact]
    public async Task A_renewal_that_finds_no_server_is_tried_again()
    {
        await using var rig = await Rig.OnlineAsync();
        rig.Server.RestFault = new HttpRequestException("no route");
        rig.Clock.Advance(TimeSpan.FromSeconds(720));
        await Until.TrueAsync(() => rig.Rest.Asked.Contains("POST /v1/auth/refresh"), "it is tried");

        rig.Server.RestFault = null;
        await rig.AdvanceUntilAsync(() => rig.Server.Said.OfType<AuthFrame>().Any(), "it is tried again");

        Assert.NotNull(rig.Client.Session);
    }

    [Fact]
    public async Task Calls_that_are_refused_for_their_token_share_one_renewal()
    {
        await using var rig = await Rig.OnlineAsync();
        rig.Server.NextTokens();

        await Task.WhenAll(Enumerable.Range(0, 8).Select(async i =>
        {
            using var timeline = rig.Client.OpenTimeline($"dm:alice:user{i}");
            await timeline.LoadDownToAsync(1);
        }));

        Assert.Equal(1, rig.Server.Refreshes);
    }

    [Fact]
    public async Task A_renewals_answer_that_cannot_be_stored_is_not_used_and_not_lost()
    {
        await using var rig = await Rig.OnlineAsync();
        rig.Store.Fails = changes => changes.OfType<StoreChange.PutInstallation>().Any();
        rig.Clock.Advance(TimeSpan.FromSeconds(720));
        await Until.TrueAsync(() => rig.Server.Refreshes == 1 && rig.Client.StorageFailed, "its answer cannot be stored");
        Assert.Empty(rig.Server.Said.OfType<AuthFrame>());

        rig.Store.Fails = _ => false;
        await rig.AdvanceUntilAsync(() => rig.Server.Said.OfType<AuthFrame>().Any(), "it is used");

        Assert.Equal(1, rig.Server.Refreshes);
    }

    [Fact]
    public async Task A_session_that_cannot_be_signed_out_for_the_store_stays_and_a_void_one_ends_when_it_can()
    {
        await using var rig = await Rig.OnlineAsync();
        rig.Store.Fails = _ => true;
        await Assert.ThrowsAsync<ChatException>(rig.Client.SignOutAsync);
        Assert.NotNull(rig.Client.Session);

        rig.Server.KnowsSession = false;
        await rig.AdvanceUntilAsync(() => rig.Server.Connections.Count == 2 && rig.Client.Connection.Status == ConnectionStatus.Online, "it is online again");
        rig.Server.Current.Close(CloseReason.Revoked);
        await Until.TrueAsync(() => rig.Rest.Asked.Contains("POST /v1/auth/refresh"), "the server is asked");
        rig.Store.Fails = _ => false;
        await rig.AdvanceUntilAsync(() => rig.Client.Connection.Status == ConnectionStatus.SignedOut, "it is signed out");

        Assert.Null((await rig.Store.OpenAsync(CancellationToken.None)).Installation!.Tokens);
    }

    [Fact]
    public async Task After_it_was_disposed_of_everything_says_so()
    {
        var rig = await Rig.OnlineAsync();
        var client = rig.Client;
        using var timeline = client.OpenTimeline(Rig.Direct);
        await rig.DisposeAsync();
        await client.DisposeAsync();

        await Assert.ThrowsAsync<ObjectDisposedException>(() => client.SendAsync(Rig.Direct, "hello"));
        await Assert.ThrowsAsync<ObjectDisposedException>(() => client.SignInAsync(Rig.Me, "password"));
        await Assert.ThrowsAsync<ObjectDisposedException>(client.SignOutAsync);
        await Assert.ThrowsAsync<ObjectDisposedException>(() => timeline.LoadDownToAsync(1));
    }

    [Fact]
    public async Task Signing_out_waits_for_no_network_and_is_not_undone_by_a_renewal_whose_token_is_voided()
    {
        await using var rig = await Rig.OnlineAsync();
        var answer = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        rig.Rest.Before = path => path.StartsWith("/v1/auth/", StringComparison.Ordinal) ? answer.Task : Task.CompletedTask;
        rig.Clock.Advance(TimeSpan.FromSeconds(720));
        await Until.TrueAsync(() => rig.Rest.Asked.Contains("POST /v1/auth/refresh"), "a renewal is under way");

        var signingOut = rig.Client.SignOutAsync();
        await Until.TrueAsync(() => signingOut.IsCompleted, "it has signed out");
        answer.SetResult();
        await Until.TrueAsync(() => rig.Server.LoggedOut is ["refresh-2"], "the server is told", () => string.Join(',', rig.Server.LoggedOut));

        Assert.Null(rig.Client.Session);
        Assert.Null((await rig.Store.OpenAsync(CancellationToken.None)).Installation!.Tokens);
        await rig.Client.SignInAsync(Rig.Me, "password");
        await rig.CaughtUpAsync();
    }

    [Fact]
    public async Task A_renewals_answer_that_could_not_be_stored_is_when_the_client_closes()
    {
        await using var rig = await Rig.OnlineAsync();
        rig.Store.Fails = changes => changes.OfType<StoreChange.PutInstallation>().Any();
        rig.Clock.Advance(TimeSpan.FromSeconds(720));
        await Until.TrueAsync(() => rig.Server.Refreshes == 1 && rig.Client.StorageFailed, "its answer cannot be stored");

        rig.Store.Fails = _ => false;
        await rig.CloseAsync();

        Assert.Equal(rig.Server.CurrentToken, (await rig.Store.OpenAsync(CancellationToken.None)).Installation!.Tokens!.Access);
    }

    private sealed class Extreme : Random
    {
        public override double NextDouble() => 1;
    }
}
