using System.Net;
using System.Net.Sockets;
using Chat.Modules.Media.Scanning;
using Chat.Testing;
using Microsoft.Extensions.Options;

namespace Chat.Modules.Media.Tests.Scanning;

/// <summary>Against a real clamd, where one is installed, and against ones that misbehave.</summary>
public sealed class ClamAvTests(ClamdServer clamd) : IClassFixture<ClamdServer>
{
    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_clean_file_is_clean()
    {
        Assert.SkipWhen(ClamdServer.IsMissing, ClamdServer.Missing);

        Assert.Equal(new Scan(null), await New(await clamd.AddressAsync()).ScanAsync(new MemoryStream(new byte[150_000]), Ct));
        Assert.Equal(new Scan(null), await New(await clamd.AddressAsync()).ScanAsync(new MemoryStream(), Ct));
    }

    [Fact]
    public async Task A_virus_is_found()
    {
        Assert.SkipWhen(ClamdServer.IsMissing, ClamdServer.Missing);
        byte[] file = [.. new byte[140_000], .. ClamdServer.Eicar];

        Assert.Equal("Chat.Test.Eicar.UNOFFICIAL", (await New(await clamd.AddressAsync()).ScanAsync(new MemoryStream(ClamdServer.Eicar), Ct)).Found);
        Assert.NotNull((await New(await clamd.AddressAsync()).ScanAsync(new MemoryStream(file), Ct)).Found);
    }

    [Fact]
    public async Task A_file_that_is_larger_than_clamd_takes_is_not_clean()
    {
        Assert.SkipWhen(ClamdServer.IsMissing, ClamdServer.Missing);

        var scanner = New(await clamd.AddressAsync());
        await Assert.ThrowsAsync<ClamAvException>(() => scanner.ScanAsync(new MemoryStream(new byte[20 * ClamdServer.MaxBytes]), Ct));
    }

    [Theory]
    [InlineData("")]
    [InlineData("stream: OK and more")]
    [InlineData("OK")]
    [InlineData("stream: something ERROR")]
    [InlineData("FOUND")]
    public async Task An_answer_that_says_neither_is_none(string answer)
    {
        using var other = new TcpListener(IPAddress.Loopback, 0);
        other.Start();
        var answering = AnswerAsync(other, answer);

        await Assert.ThrowsAsync<ClamAvException>(() => New(other.LocalEndpoint.ToString()!).ScanAsync(new MemoryStream(new byte[10]), Ct));
        await answering;
    }

    [Fact]
    public async Task A_clamd_that_is_away_or_silent_gives_no_answer()
    {
        using var silent = new TcpListener(IPAddress.Loopback, 0);
        silent.Start();
        await Assert.ThrowsAsync<ClamAvException>(() => New(silent.LocalEndpoint.ToString()!, seconds: 1).ScanAsync(new MemoryStream(new byte[10]), Ct));

        var address = silent.LocalEndpoint.ToString()!;
        silent.Stop();
        await Assert.ThrowsAsync<ClamAvException>(() => New(address).ScanAsync(new MemoryStream(new byte[10]), Ct));
    }

    private static ClamAv New(string address, int seconds = 60) =>
        new(Options.Create(new ScanningOptions { ClamAv = address, ScanSeconds = seconds }), TimeProvider.System);

    private static async Task AnswerAsync(TcpListener listener, string answer)
    {
        using var client = await listener.AcceptTcpClientAsync(Ct);
        await using var stream = client.GetStream();
        // The command, one chunk, and the end.
        await stream.ReadExactlyAsync(new byte[10 + 4 + 10 + 4], Ct);
        await stream.WriteAsync(System.Text.Encoding.ASCII.GetBytes(answer.Length > 0 ? answer + "\0" : ""), Ct);
    }
}
