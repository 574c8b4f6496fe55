using Microsoft.Extensions.Time.Testing;

namespace Chat.Transports.Tests.WebSocket;

/// <summary>RFC 6455 on the wire: what no client may send, closes, pings and pongs, fragments.</summary>
public sealed partial class WebSocketTests
{
    [Theory]
    [InlineData("C1800000000022", "a reserved bit")]
    [InlineData("83800000000022", "a reserved opcode")]
    [InlineData("810122", "no mask")]
    [InlineData("808000000000", "a continuation of nothing")]
    [InlineData("018000000000818000000000", "a text within a text")]
    [InlineData("098000000000", "a ping in fragments")]
    [InlineData("89FE007E00000000", "a ping of 126 bytes")]
    [InlineData("81FFFFFFFFFFFFFFFFFF00000000", "a negative length")]
    [InlineData("81FE000000000000", "no bytes, in the two bytes of a longer length")]
    [InlineData("81FE007D00000000", "125 bytes likewise")]
    [InlineData("81FF000000000000000000000000", "no bytes, in the eight bytes of the longest")]
    [InlineData("81FF000000000000FFFF00000000", "65,535 bytes likewise")]
    [InlineData("88810000000001", "a close of one byte")]
    [InlineData("88850000000003E8C32861", "a close whose reason is not UTF-8")]
    public async Task What_no_client_may_send_ends_the_connection(string bytes, string what)
    {
        await using var client = await RawClient.ConnectAsync((await OpenAsync()).Address);
        await client.NextAsync();

        await client.SendAsync(Convert.FromHexString(bytes));

        Assert.Equal("88-4002 malformed frame", await client.NextAsync());
        Assert.NotEmpty(what);
    }

    // RFC 6455 §7.4, and the codes registered since.
    [Theory]
    [InlineData(0, false), InlineData(999, false), InlineData(1000, true), InlineData(1001, true), InlineData(1003, true), InlineData(1004, false)]
    [InlineData(1005, false), InlineData(1006, false), InlineData(1007, true), InlineData(1014, true), InlineData(1015, false), InlineData(1016, false)]
    [InlineData(1100, false), InlineData(2000, false), InlineData(2999, false), InlineData(3000, true), InlineData(4999, true), InlineData(5000, false)]
    [InlineData(65_535, false)]
    public async Task A_close_may_have_the_codes_that_an_endpoint_may_send(int code, bool allowed)
    {
        await using var client = await RawClient.ConnectAsync((await OpenAsync()).Address);
        await client.NextAsync();

        await client.SendAsync(RawClient.Frame(0x88, [(byte)(code >> 8), (byte)code, .. "bye é"u8]));

        Assert.Equal(allowed ? "88-1000 " : "88-4002 malformed frame", await client.NextAsync());
    }

    [Fact]
    public async Task A_close_may_be_empty_or_have_a_code_alone()
    {
        var host = await OpenAsync();
        foreach (var payload in new byte[][] { [], [0x03, 0xE8] })
        {
            await using var client = await RawClient.ConnectAsync(host.Address);
            await client.NextAsync();

            await client.SendAsync(RawClient.Frame(0x88, payload));

            Assert.Equal("88-1000 ", await client.NextAsync());
        }
    }

    [Fact]
    public async Task A_ping_is_answered_with_its_payload_even_between_fragments()
    {
        await using var client = await RawClient.ConnectAsync((await OpenAsync()).Address);
        await client.NextAsync();

        await client.SendAsync(RawClient.Frame(0x01, "{\"type\":\"pi"u8));
        await client.SendAsync(RawClient.Frame(0x89, "are you there?"u8));
        await client.SendAsync(RawClient.Frame(0x80, "ng\"}"u8));

        Assert.Equal("8A-are you there?", await client.NextAsync());
        Assert.Equal("81-{\"type\":\"pong\"}", await client.NextAsync());
    }

    [Fact]
    public async Task A_silent_client_is_pinged_and_let_go_when_it_does_not_answer()
    {
        await using var client = await RawClient.ConnectAsync((await OpenAsync(null, ("KeepAliveMs", "1000"), ("KeepAliveTimeoutMs", "1000"))).Address);
        await client.NextAsync();

        Assert.Equal("89-", await client.NextAsync());

        await (await _host!.Connections.FirstAsync()).Detached;
    }

    [Fact]
    public async Task A_flood_of_the_transports_own_pings_ends_the_connection()
    {
        await using var client = await RawClient.ConnectAsync((await OpenAsync(new FakeTimeProvider(), ("UncountedFramesPerSecond", "1"))).Address);
        await client.NextAsync();

        for (var i = 0; i < 20; i++)
            await client.SendAsync(RawClient.Frame(0x89, "x"u8));

        for (var i = 0; i < 10; i++)
            Assert.Equal("8A-x", await client.NextAsync());
        Assert.Contains("rate_limited", await client.NextAsync(), StringComparison.Ordinal);
        Assert.Equal("88-4008 over a limit", await client.NextAsync());
    }

    [Fact]
    public async Task A_flood_of_pongs_ends_the_connection()
    {
        await using var client = await RawClient.ConnectAsync((await OpenAsync(new FakeTimeProvider(), ("UncountedFramesPerSecond", "1"))).Address);
        await client.NextAsync();

        await client.SendAsync([.. Enumerable.Repeat(RawClient.Frame(0x8A, []), 20).SelectMany(frame => frame)]);

        Assert.Contains("rate_limited", await client.NextAsync(), StringComparison.Ordinal);
        Assert.Equal("88-4008 over a limit", await client.NextAsync());
    }

    [Theory, InlineData(0), InlineData(1)]
    public async Task A_flood_of_fragments_ends_the_connection(int bytes)
    {
        await using var client = await RawClient.ConnectAsync((await OpenAsync(new FakeTimeProvider(), ("FramesPerSecond", "10"))).Address);
        await client.NextAsync();

        await client.SendAsync([.. RawClient.Frame(0x01, "{"u8), .. Enumerable.Repeat(RawClient.Frame(0x00, new byte[bytes]), 199).SelectMany(frame => frame)]);

        Assert.Contains("rate_limited", await client.NextAsync(), StringComparison.Ordinal);
        Assert.Equal("88-4008 over a limit", await client.NextAsync());
    }

    [Fact]
    public async Task A_client_that_pings_and_never_reads_is_ended_after_the_write_timeout()
    {
        var host = await OpenAsync(
            null, ("WriteTimeoutMs", "1000"), ("CloseTimeoutMs", "100"), ("UncountedFramesPerSecond", "10000"), ("FramesPerSecond", "1000000"));
        await using var client = await RawClient.ConnectAsync(host.Address);
        await client.NextAsync();

        // Far more than the kernel's buffers hold; the sending stops when the server does not read any more.
        var pings = Enumerable.Repeat(RawClient.Frame(0x89, new byte[125]), 1000).SelectMany(frame => frame).ToArray();
        var sending = Task.Run(
            async () =>
            {
                for (var i = 0; i < 90; i++)
                    await client.SendAsync(pings);
            },
            Ct);

        await (await host.Connections.FirstAsync()).Detached;
        await Record.ExceptionAsync(() => sending);
    }
}
