using System.Net;
using Chat.Modules.Delivery.Notifications.WebPush;

namespace Chat.Modules.Delivery.Tests.Notifications.WebPush;

public sealed class PublicAddressTests
{
    [Theory]
    [InlineData("0.0.0.0")]
    [InlineData("10.1.2.3")]
    [InlineData("100.64.0.1")]
    [InlineData("100.127.255.255")]
    [InlineData("127.0.0.1")]
    [InlineData("127.255.255.254")]
    [InlineData("169.254.169.254")]
    [InlineData("172.16.0.1")]
    [InlineData("172.31.255.255")]
    [InlineData("192.168.1.1")]
    [InlineData("192.0.0.8")]
    [InlineData("192.0.2.1")]
    [InlineData("192.88.99.1")]
    [InlineData("198.18.0.1")]
    [InlineData("198.51.100.1")]
    [InlineData("203.0.113.1")]
    [InlineData("224.0.0.1")]
    [InlineData("239.255.255.250")]
    [InlineData("240.0.0.1")]
    [InlineData("255.255.255.255")]
    [InlineData("::")]
    [InlineData("::1")]
    [InlineData("::7f00:1")]
    [InlineData("::ffff:127.0.0.1")]
    [InlineData("::ffff:10.0.0.1")]
    [InlineData("::ffff:0:127.0.0.1")]
    [InlineData("64:ff9b::7f00:1")]
    [InlineData("64:ff9b::a9fe:a9fe")]
    [InlineData("64:ff9b:1::808:808")]
    [InlineData("100::1")]
    [InlineData("2001::1")]
    [InlineData("2001:db8::1")]
    [InlineData("2002:7f00:1::")]
    [InlineData("2002:c0a8:101::1")]
    [InlineData("3fff::1")]
    [InlineData("5f00::1")]
    [InlineData("fc00::1")]
    [InlineData("fd12:3456::1")]
    [InlineData("fe80::1")]
    [InlineData("fe80::1%2")]
    [InlineData("fec0::1")]
    [InlineData("ff02::1")]
    public void An_address_of_the_server_s_own_networks_or_of_nobody_is_not_public(string address)
    {
        Assert.False(PublicAddress.Is(IPAddress.Parse(address)));
    }

    [Theory]
    [InlineData("8.8.8.8")]
    [InlineData("100.63.255.255")]
    [InlineData("100.128.0.1")]
    [InlineData("172.15.255.255")]
    [InlineData("172.32.0.1")]
    [InlineData("192.167.255.255")]
    [InlineData("223.255.255.254")]
    [InlineData("::ffff:8.8.8.8")]
    [InlineData("64:ff9b::808:808")]
    [InlineData("2002:808:808::1")]
    [InlineData("2600::1")]
    [InlineData("2a00:1450:4001:80e::200a")]
    public void Others_are(string address)
    {
        Assert.True(PublicAddress.Is(IPAddress.Parse(address)));
    }

    [Theory]
    [InlineData("https://localhost/push")]
    [InlineData("https://LOCALHOST./push")]
    [InlineData("https://a.localhost/push")]
    [InlineData("https://127.0.0.1/push")]
    [InlineData("https://2130706433/push")]
    [InlineData("https://0x7f.1/push")]
    [InlineData("https://0177.0.0.1/push")]
    [InlineData("https://127.1/push")]
    [InlineData("https://[::1]/push")]
    [InlineData("https://[::ffff:10.0.0.1]/push")]
    [InlineData("https://[fe80::1%25eth0]/push")]
    [InlineData("https://169.254.169.254/latest")]
    [InlineData("https://１２７.0.0.1/push")]
    public void An_endpoint_that_names_a_private_address_in_any_spelling_is_refused(string endpoint)
    {
        Assert.False(PublicAddress.MayBe(new Uri(endpoint)));
    }

    [Theory]
    [InlineData("https://push.example/a")]
    [InlineData("https://localhost.example/a")]
    [InlineData("https://[2600::1]:8443/a")]
    public void One_that_may_be_public_is_not(string endpoint)
    {
        Assert.True(PublicAddress.MayBe(new Uri(endpoint)));
    }
}
