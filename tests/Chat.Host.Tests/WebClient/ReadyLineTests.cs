using System.Text.Json;
using Chat.Host.WebClient;
using Chat.Host.Tests.Running;

namespace Chat.Host.Tests.WebClient;

public sealed class ReadyLineTests : IDisposable
{
    private readonly string _data = Directory.CreateTempSubdirectory("chat-test-").FullName;
    private readonly WebClientFolder _page = WebClientFolder.Built();

    [Theory]
    [InlineData("http://localhost:5080", "http://localhost:5080")]
    [InlineData("http://127.0.0.1:5080", "http://127.0.0.1:5080")]
    [InlineData("http://[::1]:5080", "http://[::1]:5080")]
    [InlineData("http://0.0.0.0:8080", "http://localhost:8080")]
    [InlineData("http://[::]:8080", "http://localhost:8080")]
    [InlineData("http://*:80", "http://localhost")]
    [InlineData("http://[::]:8080;http://0.0.0.0:8080", "http://localhost:8080")]
    [InlineData("http://[::]:8080;https://[::]:8443", "http://localhost:8080 or https://localhost:8443")]
    [InlineData("http://[::]:8080;http://[::]:9090", "http://localhost:8080")]
    [InlineData("http://unix:/run/chat.sock", "http://unix:/run/chat.sock")]
    public void What_is_bound_is_told_as_a_browser_here_opens_it(string bound, string told) =>
        Assert.Equal(told, ReadyLine.Openable(bound.Split(';'), operationsPort: 9090, pathBase: ""));

    [Fact]
    public void Below_a_path_it_is_told_with_it() =>
        Assert.Equal("http://localhost:8080/chat/", ReadyLine.Openable(["http://[::]:8080"], operationsPort: 0, pathBase: "/chat"));

    [Fact]
    public async Task A_start_ends_with_the_page_s_address()
    {
        var (address, lines) = await RunAsync("Production", _page.Path);

        using var line = JsonDocument.Parse(lines[^1]);
        Assert.Equal("Chat is ready: open {Addresses}", line.RootElement.GetProperty("@mt").GetString());
        Assert.Equal(address, line.RootElement.GetProperty("Addresses").GetString());
        Assert.DoesNotContain(lines, other => other.Contains("no web page", StringComparison.Ordinal));
    }

    [Fact]
    public async Task In_Development_it_is_a_line_to_read()
    {
        var (address, lines) = await RunAsync("Development", _page.Path);

        Assert.EndsWith($"Chat is ready: open {address}", lines[^1], StringComparison.Ordinal);
    }

    [Fact]
    public async Task Without_the_page_one_warning_says_what_to_do()
    {
        var nowhere = Path.Combine(_data, "nowhere");

        var (address, lines) = await RunAsync("Development", nowhere);

        Assert.EndsWith($"Chat is ready, without its page, at {address}", lines[^1], StringComparison.Ordinal);
        var warning = Assert.Single(lines, line => line.Contains("WRN", StringComparison.Ordinal));
        Assert.EndsWith($"There is no web page in {nowhere}: install Node.js 20.19 or newer and build the server again", warning, StringComparison.Ordinal);
    }

    public void Dispose()
    {
        _page.Dispose();
        Directory.Delete(_data, recursive: true);
    }

    // What a start says, up to the first word of the end.
    private async Task<(string Address, List<string> Lines)> RunAsync(string environment, string page)
    {
        using var host = HostProcess.Start(_data, null, ("DOTNET_ENVIRONMENT", environment), ("Page__Directory", page), ("Delivery__MaxConnections", "100"));
        var address = await host.AddressAsync();
        await host.ReadyAsync();
        await host.TerminateAsync();
        return (address.GetLeftPart(UriPartial.Authority), [.. host.Output.TakeWhile(line => !line.Contains("Leaving", StringComparison.Ordinal))]);
    }
}
