using System.Buffers.Text;
using Chat.Host.Tests.Running;
using Chat.Testing;
using Chat.Testing.Push;

namespace Chat.Host.Tests.Push;

/// <summary>The keys for the platforms, as operators meet them at the start.</summary>
public sealed class PlatformStartTests : IDisposable
{
    private readonly string _data = Directory.CreateTempSubdirectory("chat-test-").FullName;

    [Fact]
    public async Task The_key_of_Web_Push_is_there_from_the_first_start_and_stays()
    {
        await using var host = new TestHost();
        var alice = (await host.RegisterAsync("alice")).Text("accessToken");

        var key = (await host.GetAsync("/v1/push/key", alice)).Text("key");
        await using var again = await host.RestartAsync();

        Assert.Equal(65, Base64Url.DecodeFromChars(key).Length);
        Assert.Equal(key, (await again.GetAsync("/v1/push/key", alice)).Text("key"));
    }

    [Fact]
    public async Task A_file_that_cannot_be_used_is_one_clear_line_and_exit_code_1()
    {
        using var host = HostProcess.Start(_data, null, ("Push__Fcm__ServiceAccountFile", Path.Combine(_data, "none.json")));

        Assert.Equal(1, await host.ExitCodeAsync());
        Assert.StartsWith("The server cannot start: Push:Fcm:ServiceAccountFile '", Assert.Single(host.Errors), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Keys_that_the_platforms_refuse_are_one_warning_each_and_the_server_starts()
    {
        using var authority = new TestAuthority();
        await using var fcm = await FakeFcm.StartAsync();
        await using var apns = await FakeApns.StartAsync(authority);
        fcm.RefusesTokens = new Misbehaviour.Status(400, Body: """{"error":"invalid_grant"}""");
        using var host = HostProcess.Start(
            _data, null, ("SSL_CERT_FILE", authority.WriteTo(_data)), ("Push__Fcm__Endpoint", fcm.Origin), ("Push__Fcm__ServiceAccountFile", fcm.WriteServiceAccountTo(_data)),
            ("Push__Apns__Endpoint", apns.Origin), ("Push__Apns__KeyFile", apns.WriteKeyTo(_data)), ("Push__Apns__KeyId", "WRONGKEY01"), ("Push__Apns__TeamId", FakeApns.TeamId));

        await host.ReadyAsync();

        await Wait.UntilAsync(() => LinesWith("Google refuses the key in Push:Fcm:ServiceAccountFile") == 1, "a warning about FCM");
        await Wait.UntilAsync(() => LinesWith("APNs refuses the key of Push:Apns (InvalidProviderToken)") == 1, "a warning about APNs");
        Assert.Equal(0, await host.TerminateAsync());

        int LinesWith(string words) => host.Output.Count(line => line.Contains(words, StringComparison.Ordinal));
    }

    public void Dispose() => Directory.Delete(_data, recursive: true);
}
