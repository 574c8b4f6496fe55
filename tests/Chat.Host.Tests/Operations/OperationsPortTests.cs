using System.Net;
using Chat.Host.Tests.Running;
using Chat.Testing;

namespace Chat.Host.Tests.Operations;

public sealed class OperationsPortTests : IDisposable
{
    private readonly string _data = Directory.CreateTempSubdirectory("chat-test-").FullName;

    [Fact]
    public async Task With_a_port_of_their_own_the_operators_pages_answer_there_alone()
    {
        var port = FreePort.Next();
        using var host = HostProcess.Start(_data, null, ("Operations__Port", $"{port}"));
        var everybodys = await host.AddressAsync();
        using var http = new HttpClient();

        Assert.Equal(HttpStatusCode.NotFound, await StatusAsync(new Uri(everybodys, "/health/ready")));
        Assert.Equal(HttpStatusCode.NotFound, await StatusAsync(new Uri(everybodys, "/metrics")));
        Assert.Equal(HttpStatusCode.Unauthorized, await StatusAsync(new Uri(everybodys, "/v1/devices")));
        Assert.Equal(HttpStatusCode.OK, await StatusAsync(new Uri($"http://127.0.0.1:{port}/health/ready")));
        Assert.Equal(HttpStatusCode.OK, await StatusAsync(new Uri($"http://127.0.0.1:{port}/metrics")));
        Assert.Equal(HttpStatusCode.NotFound, await StatusAsync(new Uri($"http://127.0.0.1:{port}/v1/devices")));

        async Task<HttpStatusCode> StatusAsync(Uri address)
        {
            using var answer = await http.GetAsync(address, TestContext.Current.CancellationToken);
            return answer.StatusCode;
        }
    }

    [Fact]
    public async Task The_health_command_tells_a_ready_server_from_none()
    {
        var port = FreePort.Next();
        (string, string) ports = ("ASPNETCORE_URLS", $"http://127.0.0.1:{port}");
        using (var none = HostProcess.Start(_data, ["health"], ports))
            Assert.Equal(1, await none.ExitCodeAsync());
        Assert.Empty(Directory.GetFileSystemEntries(_data));

        using var host = HostProcess.Start(_data, null, ports);
        await host.AddressAsync();
        using var ready = HostProcess.Start(_data, ["health"], ports);

        Assert.Equal(0, await ready.ExitCodeAsync());
    }

    public void Dispose() => Directory.Delete(_data, recursive: true);
}
