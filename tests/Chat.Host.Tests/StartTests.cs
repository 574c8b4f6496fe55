using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Security.Cryptography;
using System.Text.Json;
using Chat.Host.Tests.Running;

namespace Chat.Host.Tests;

/// <summary>The host as operators see it: what it says, and how it ends.</summary>
public sealed class StartTests : IDisposable
{
    private readonly string _data = Directory.CreateTempSubdirectory("chat-test-").FullName;

    [Fact]
    public async Task A_damaged_database_is_one_clear_line_and_exit_code_1()
    {
        await File.WriteAllTextAsync(Path.Combine(_data, "chat.db"), new string('x', 8192), TestContext.Current.CancellationToken);

        using var host = HostProcess.Start(_data);

        await ExpectRefusalAsync(host, "chat.db' is damaged or not a database. Put back a backup");
    }

    [Fact]
    public async Task A_damaged_log_is_one_clear_line_and_exit_code_1()
    {
        var log = Directory.CreateDirectory(Path.Combine(_data, "log"));
        await File.WriteAllTextAsync(Path.Combine(log.FullName, "CURRENT"), "garbage", TestContext.Current.CancellationToken);

        using var host = HostProcess.Start(_data);

        await ExpectRefusalAsync(host, "log'");
    }

    [Fact]
    public async Task A_key_that_others_may_read_is_one_clear_line_and_exit_code_1()
    {
        var key = Path.Combine(_data, "signing-key.pem");
        await File.WriteAllTextAsync(key, "anything", TestContext.Current.CancellationToken);
        File.SetUnixFileMode(key, UnixFileMode.UserRead | UnixFileMode.OtherRead);

        using var host = HostProcess.Start(_data);

        await ExpectRefusalAsync(host, "signing-key.pem' may be read by other users");
    }

    [Fact]
    public async Task A_second_server_on_the_same_folder_is_one_clear_line_and_exit_code_1()
    {
        using var first = HostProcess.Start(_data);
        await first.AddressAsync();

        using var second = HostProcess.Start(_data);

        await ExpectRefusalAsync(second, "cannot be locked: ");
    }

    [Theory]
    [InlineData("Auth__PasswordIterations", "1000", "PasswordIterations")]
    [InlineData("Auth__PasswordIterations", "many", "Auth:PasswordIterations")]
    [InlineData("Auth__Authority", "http://issuer.example", "Auth:Authority must be https outside Development")]
    [InlineData("Http__TrustedProxies__0", "everybody", "Http:TrustedProxies: 'everybody' is neither")]
    [InlineData("Http__PathBase", "chat", "Http:PathBase: 'chat' is not a path")]
    [InlineData("Http__PathBase", "/chat/", "Http:PathBase: '/chat/' is not a path")]
    [InlineData("Operations__Port", "70000", "Port")]
    [InlineData("Redis__ConnectionString", "localhost", "Set Cql:ContactPoints as well, or leave Redis out")]
    public async Task A_setting_out_of_range_is_one_clear_line_and_exit_code_1(string setting, string value, string line)
    {
        using var host = HostProcess.Start(_data, null, (setting, value), ("Auth__Audience", "chat"));

        await ExpectRefusalAsync(host, line);
    }

    [Fact]
    public async Task Servers_with_one_database_and_no_store_of_media_that_they_share_do_not_start()
    {
        var key = Path.Combine(_data, "key.pem");
        using (var made = ECDsa.Create(ECCurve.NamedCurves.nistP256))
            await File.WriteAllTextAsync(key, made.ExportPkcs8PrivateKeyPem(), TestContext.Current.CancellationToken);
        File.SetUnixFileMode(key, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        using var host = HostProcess.Start(_data, null, ("Cql__ContactPoints", "127.0.0.1:1"), ("Auth__SigningKeyFile", key));

        await ExpectRefusalAsync(host, "Media:S3:Bucket or Media:Folder must be set with Cql:ContactPoints");
    }

    [Fact]
    public async Task In_a_folder_that_others_may_read_its_files_are_its_own_and_a_start_line_says_so()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Windows has no modes.");
        File.SetUnixFileMode(_data, (UnixFileMode)0b111_101_101);
        using var host = HostProcess.Start(_data);
        await host.ReadyAsync();

        var files = Directory.GetFiles(_data, "*", SearchOption.AllDirectories);

        Assert.Contains(files, file => file.EndsWith("chat.db", StringComparison.Ordinal));
        Assert.Contains(files, file => file.Contains("/log/", StringComparison.Ordinal));
        Assert.All(files, file => Assert.Equal((UnixFileMode)0, File.GetUnixFileMode(file) & (UnixFileMode)0b000_111_111));
        Assert.Contains(host.Output, line => line.Contains("The data directory", StringComparison.Ordinal) && line.Contains("755", StringComparison.Ordinal));
        Assert.Equal(0, await host.TerminateAsync());
    }

    [Fact]
    public async Task In_a_folder_of_its_own_nothing_is_said_of_modes()
    {
        using var host = HostProcess.Start(_data);
        await host.ReadyAsync();

        Assert.DoesNotContain(host.Output, line => line.Contains("The data directory", StringComparison.Ordinal));
        Assert.Equal(0, await host.TerminateAsync());
    }

    [Fact]
    public async Task Asked_to_end_it_ends_with_exit_code_0()
    {
        using var host = HostProcess.Start(_data);
        await host.AddressAsync();

        Assert.Equal(0, await host.TerminateAsync());
        Assert.Empty(host.Errors);
    }

    [Fact]
    public async Task The_log_is_lines_of_JSON_without_tokens_or_passwords()
    {
        using var host = HostProcess.Start(
            _data, null, ("Serilog__MinimumLevel__Default", "Verbose"), ("Serilog__MinimumLevel__Override__Microsoft", "Verbose"));
        using var http = new HttpClient { BaseAddress = await host.AddressAsync() };
        var registered = await http.PostAsJsonAsync(
            "/v1/auth/register", new { userId = "alice", password = "open sesame", deviceId = "phone" }, TestContext.Current.CancellationToken);
        Assert.Equal(HttpStatusCode.Created, registered.StatusCode);
        var pair = await registered.Content.ReadFromJsonAsync<JsonElement>(TestContext.Current.CancellationToken);
        var (access, refresh) = (pair.GetProperty("accessToken").GetString()!, pair.GetProperty("refreshToken").GetString()!);
        await http.GetAsync($"/ws?access_token={access}", TestContext.Current.CancellationToken);
        await http.PostAsync($"/hub/negotiate?negotiateVersion=1&access_token={access}", null, TestContext.Current.CancellationToken);
        await http.GetAsync($"/v1/devices?access_token={access}", TestContext.Current.CancellationToken);
        http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", access);
        await http.GetAsync("/v1/devices", TestContext.Current.CancellationToken);
        var refreshed = await http.PostAsJsonAsync("/v1/auth/refresh", new { refreshToken = refresh }, TestContext.Current.CancellationToken);
        var second = (await refreshed.Content.ReadFromJsonAsync<JsonElement>(TestContext.Current.CancellationToken)).GetProperty("refreshToken").GetString()!;
        await http.PostAsJsonAsync("/v1/auth/refresh", new { refreshToken = second }, TestContext.Current.CancellationToken);
        await http.PostAsJsonAsync("/v1/auth/refresh", new { refreshToken = refresh }, TestContext.Current.CancellationToken);

        await host.TerminateAsync();

        Assert.All(host.Output, line => JsonDocument.Parse(line).Dispose());
        var log = string.Join('\n', host.Output);
        Assert.Contains("\"/v1/devices\"", log, StringComparison.Ordinal);
        Assert.Contains("A used refresh token", log, StringComparison.Ordinal);
        foreach (var secret in new[] { access, access.Split('.')[2], refresh, second, "open sesame" })
            Assert.DoesNotContain(secret, log, StringComparison.Ordinal);
    }

    public void Dispose() => Directory.Delete(_data, recursive: true);

    private static async Task ExpectRefusalAsync(HostProcess host, string words)
    {
        Assert.Equal(1, await host.ExitCodeAsync());
        var line = Assert.Single(host.Errors);
        Assert.StartsWith("The server cannot start: ", line, StringComparison.Ordinal);
        Assert.Contains(words, line, StringComparison.Ordinal);
        Assert.DoesNotContain(host.Output, output => output.Contains("   at ", StringComparison.Ordinal));
    }
}
