using System.Net.Sockets;
using Chat.Host.Tests.Running;

namespace Chat.Host.Tests.Http.Connections;

/// <summary>A server that may open few files is not brought down by connections that send nothing.</summary>
public sealed class DescriptorTests
{
    [Fact]
    public async Task A_client_is_served_while_more_silent_connections_come_than_the_process_may_open()
    {
        var data = Directory.CreateTempSubdirectory("chat-test-");
        List<Socket> silent = [];
        try
        {
            using var host = HostProcess.StartLimited(data.FullName, 700);
            var address = await host.AddressAsync();
            await host.ReadyAsync();
            for (var i = 0; i < 800; i++)
            {
                silent.Add(new Socket(SocketType.Stream, ProtocolType.Tcp));
                await silent[^1].ConnectAsync(address.Host, address.Port, TestContext.Current.CancellationToken);
            }

            using var http = new HttpClient();
            using var answer = await http.GetAsync(new Uri(address, "/health/ready"), TestContext.Current.CancellationToken);

            Assert.True(answer.IsSuccessStatusCode);
            Assert.Contains(host.Output, line => line.Contains("\"Setting\":100000,\"Live\":76,\"OpenFiles\":\"700\"", StringComparison.Ordinal));
            Assert.Equal(0, await host.TerminateAsync());
        }
        finally
        {
            silent.ForEach(socket => socket.Dispose());
            data.Delete(recursive: true);
        }
    }
}
