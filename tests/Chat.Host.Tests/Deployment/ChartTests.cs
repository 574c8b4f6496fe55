using System.Diagnostics;
using YamlDotNet.RepresentationModel;

namespace Chat.Host.Tests.Deployment;

/// <summary>
/// deploy/helm/chat, by helm and against the schemas of Kubernetes: programs in the folder that <c>CHAT_TEST_KUBERNETES</c> names, or in
/// <c>shared/kubernetes</c> beside the repository.
/// </summary>
public sealed class ChartTests
{
    private const string AllIsOn =
        "ingress.enabled=true,cql.secret=chat-cql,cql.tls=true,cql.localDatacenter=dc1,authorities.secret=chat-authorities,authorities.redis=redis.pem,"
        + "authorities.cql=cql.pem,trustedProxies[0]=10.0.0.0/8,settings.RateLimits__SendsPerSecond=20,imagePullSecrets[0].name=registry,"
        + "media.s3.endpoint=https://s3,media.s3.secret=chat-s3";
    private const string AllIsOff = "autoscaling.enabled=false,networkPolicy.enabled=false,media.claim=chat-media";

    private static readonly string Tools = Environment.GetEnvironmentVariable("CHAT_TEST_KUBERNETES") ?? DeployFolder.PathOf("..", "shared", "kubernetes");
    private static readonly string Chart = DeployFolder.PathOf("deploy", "helm", "chat");

    public ChartTests() => Assert.SkipUnless(File.Exists(Path.Combine(Tools, "helm")), "no helm and kubeconform: set CHAT_TEST_KUBERNETES");

    [Fact]
    public async Task It_has_nothing_that_helm_complains_of() =>
        Assert.Contains("0 chart(s) failed", await RunAsync("helm", "lint", "--strict", Chart), StringComparison.Ordinal);

    [Theory, InlineData("", 7), InlineData(AllIsOn, 8), InlineData(AllIsOff, 5)]
    public async Task What_it_makes_is_valid_and_names_settings_that_exist(string values, int resources)
    {
        var manifests = await RenderAsync(values);
        // Files of other names are passed over.
        var folder = Directory.CreateTempSubdirectory("chat-test-");
        var file = Path.Combine(folder.FullName, "chart.yaml");
        await File.WriteAllTextAsync(file, manifests, TestContext.Current.CancellationToken);

        var checkedOnes = await RunAsync(
            "kubeconform", "-strict", "-summary", "-schema-location", Path.Combine(Tools, "schemas", "{{.ResourceKind}}{{.KindSuffix}}.json"), file);

        Assert.Contains($"Valid: {resources}, Invalid: 0, Errors: 0, Skipped: 0", checkedOnes, StringComparison.Ordinal);
        var variables = ((YamlSequenceNode)Find(manifests, "Deployment").At("spec", "template", "spec", "containers", 0, "env")).Select(variable => variable.Text("name"));
        Assert.Empty(DeployFolder.UnknownSettingsIn(variables));
        folder.Delete(recursive: true);
    }

    [Fact]
    public async Task A_pod_has_few_rights_and_the_time_to_send_its_clients_away()
    {
        var pod = Find(await RenderAsync(""), "Deployment").At("spec", "template", "spec");
        var container = pod.At("containers", 0);
        var settings = ((YamlSequenceNode)container.At("env")).Where(variable => ((YamlMappingNode)variable).Children.ContainsKey("value"))
            .ToDictionary(variable => variable.Text("name"), variable => variable.Text("value"));
        var needed = (1000 * Number(container.Text("lifecycle", "preStop", "sleep", "seconds"))) + Number(settings["Delivery__LeaveMs"])
            + Number(settings["Operations__ShutdownTimeoutMs"]);

        Assert.True(1000 * Number(pod.Text("terminationGracePeriodSeconds")) > needed, "It is killed before it has ended.");
        Assert.Equal("true", container.Text("securityContext", "readOnlyRootFilesystem"));
        Assert.Equal("false", container.Text("securityContext", "allowPrivilegeEscalation"));
        Assert.Equal("true", pod.Text("securityContext", "runAsNonRoot"));
        // The user of the image.
        Assert.Contains($"USER {pod.Text("securityContext", "runAsUser")}:", DeployFolder.Read("Dockerfile"), StringComparison.Ordinal);
        Assert.Equal("/health/ready", container.Text("readinessProbe", "httpGet", "path"));
    }

    [Fact]
    public async Task Autoscaling_asks_for_a_metric_of_the_servers()
    {
        var autoscaler = Find(await RenderAsync(""), "HorizontalPodAutoscaler");

        Assert.Equal("chat_connections", autoscaler.Text("spec", "metrics", 0, "pods", "metric", "name"));
    }

    private static Task<string> RenderAsync(string values) => RunAsync("helm", ["template", "chat", Chart, .. values.Length > 0 ? ["--set", values] : Array.Empty<string>()]);

    private static YamlNode Find(string manifests, string kind) => DeployFolder.ReadYaml(manifests).Single(manifest => manifest.Text("kind") == kind);

    private static int Number(string text) => int.Parse(text, provider: null);

    private static async Task<string> RunAsync(string program, params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(Path.Combine(Tools, program), arguments) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        var errors = process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        var output = await process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        Assert.True(process.ExitCode == 0, output + await errors);
        return output;
    }
}
