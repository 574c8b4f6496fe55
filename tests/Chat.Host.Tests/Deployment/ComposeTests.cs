using YamlDotNet.RepresentationModel;

namespace Chat.Host.Tests.Deployment;

/// <summary>deploy/compose/compose.yaml. No Docker engine runs it here.</summary>
public sealed class ComposeTests
{
    private static readonly YamlNode Compose = DeployFolder.ReadYaml(DeployFolder.Read("deploy", "compose", "compose.yaml"))[0];

    [Theory, InlineData("chat1"), InlineData("chat2"), InlineData("chat3")]
    public void Each_server_has_settings_that_exist_and_the_address_that_the_balancer_knows(string name)
    {
        var server = Compose.At("services", name);
        var settings = (YamlMappingNode)server.At("environment");
        var grace = int.Parse(server.Text("stop_grace_period").TrimEnd('s'), provider: null);
        var end = int.Parse(settings.Text("Delivery__LeaveMs"), provider: null) + int.Parse(settings.Text("Operations__ShutdownTimeoutMs"), provider: null);

        Assert.Empty(DeployFolder.UnknownSettingsIn(settings.Children.Keys.Select(key => key.ToString())));
        Assert.Contains(
            $"server {name} {server.Text("networks", "servers", "ipv4_address")}:{settings.Text("ASPNETCORE_HTTP_PORTS")} ",
            DeployFolder.Read("deploy", "haproxy", "haproxy.cfg"), StringComparison.Ordinal);
        Assert.Equal("true", server.Text("read_only"));
        Assert.True(1000 * grace > end, "It is killed before it has ended.");
        Assert.Equal(Compose.Text("services", "haproxy", "networks", "servers", "ipv4_address"), settings.Text("Http__TrustedProxies__0"));
    }

    [Fact]
    public void What_it_needs_is_there()
    {
        var services = ((YamlMappingNode)Compose.At("services")).Children;

        Assert.Equal(
            ["chat1", "chat2", "chat3", "haproxy", "redis1", "redis2", "scylla", "sentinel"], services.Keys.Select(key => key.ToString()).Order(StringComparer.Ordinal));
        var needed = services.Values.SelectMany(service => service is YamlMappingNode node && node.Children.TryGetValue("depends_on", out var on) ? NamesIn(on) : []);
        Assert.Empty(needed.Except(services.Keys.Select(key => key.ToString())));
    }

    private static IEnumerable<string> NamesIn(YamlNode dependencies) =>
        (dependencies is YamlMappingNode mapping ? mapping.Children.Keys : ((YamlSequenceNode)dependencies).Children).Select(name => name.ToString());
}
