using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using System.Text.RegularExpressions;
using Chat.BuildingBlocks.Storage.Cql;
using Chat.Host.Tests.Running;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using YamlDotNet.RepresentationModel;

namespace Chat.Host.Tests.Deployment;

/// <summary>deploy/prometheus and deploy/grafana name metrics and labels that the servers have.</summary>
public sealed partial class MonitoringTests
{
    // Prometheus's own, and those of ASP.NET Core.
    private static readonly string[] KnownLabels = ["le", "job", "instance", "http_response_status_code"];

    private static readonly IReadOnlyList<YamlNode> Rules =
        [.. (YamlSequenceNode)DeployFolder.ReadYaml(DeployFolder.Read("deploy", "prometheus", "alerts.yaml"))[0].At("groups", 0, "rules")];

    [Fact]
    public async Task Every_metric_of_an_alert_or_a_panel_exists()
    {
        var names = await NamesAsync();

        var unknown = Expressions().SelectMany(MetricsIn).Distinct().Except(names);

        Assert.Empty(unknown);
    }

    [Fact]
    public void Every_label_of_an_alert_or_a_panel_is_one_of_its_metric()
    {
        var sources = Directory.GetFiles(DeployFolder.PathOf("src"), "*.cs", SearchOption.AllDirectories).Select(File.ReadAllText).ToList();

        var unknown =
            from expression in Expressions()
            let metrics = MetricsIn(expression).Where(name => name.StartsWith("chat_", StringComparison.Ordinal)).ToList()
            from label in LabelsIn(expression).Except(KnownLabels)
            from metric in metrics
            // The file that makes the metric gives it its labels.
            where !sources.Any(source => MakesMetric(source, metric) && source.Contains($"\"{label}\"", StringComparison.Ordinal))
            select $"{metric}: {label}";

        Assert.Empty(unknown);
        Assert.All(ValuesIn(Expressions()), value => Assert.Contains(sources, source => source.Contains($"\"{value}\"", StringComparison.Ordinal)));
    }

    [Fact]
    public void The_document_says_what_to_do_about_each_alert()
    {
        var document = DeployFolder.Read("docs", "operations.md");

        Assert.Equal(Rules.Select(rule => $"| `{rule.Text("alert")}` |"), AlertRow().Matches(document).Select(match => match.Value));
        Assert.All(Rules, rule => Assert.Contains(rule.Text("labels", "severity"), (string[])["page", "ticket"]));
    }

    private static IEnumerable<string> Expressions()
    {
        using var dashboard = JsonDocument.Parse(DeployFolder.Read("deploy", "grafana", "chat.json"));
        var panels = dashboard.RootElement.GetProperty("panels").EnumerateArray().Where(panel => panel.TryGetProperty("targets", out _));
        return [.. Rules.Select(rule => rule.Text("expr")), .. panels.SelectMany(panel => panel.GetProperty("targets").EnumerateArray().Select(target => target.GetProperty("expr").GetString()!))];
    }

    private static IEnumerable<string> MetricsIn(string expression) => MetricName().Matches(Grouping().Replace(expression, "")).Select(match => match.Value);

    private static IEnumerable<string> LabelsIn(string expression) =>
        Grouping().Matches(expression).SelectMany(match => match.Groups[1].Value.Split(',', StringSplitOptions.TrimEntries))
            .Concat(Selector().Matches(expression).Select(match => match.Groups[1].Value)).Distinct();

    private static IEnumerable<string> ValuesIn(IEnumerable<string> expressions) =>
        from expression in expressions
        from match in Selector().Matches(expression)
        where match.Groups[1].Value is not ("instance" or "job")
        from value in match.Groups[2].Value.Split('|')
        select value;

    // By its name without what Prometheus adds: chat.redis.commands for chat_redis_commands_seconds_count.
    private static bool MakesMetric(string source, string metric) =>
        InstrumentName().Matches(source).Any(match => metric.StartsWith(match.Groups[1].Value.Replace('.', '_'), StringComparison.Ordinal));

    /// <summary>All that /metrics may have: of a server by itself, which has been started, and of one among several, which is made and not started.</summary>
    private static async Task<HashSet<string>> NamesAsync()
    {
        var instruments = new ConcurrentBag<Instrument>();
        using var listener = new MeterListener { InstrumentPublished = (instrument, _) => instruments.Add(instrument) };
        listener.Start();
        await using var host = new TestHost();
        // Some are made with the first message.
        await host.RegisterAsync("bob");
        var alice = await host.RegisterAsync("alice");
        using var message = JsonContent.Create(new { to = "@bob", text = "hello", clientMsgId = "1" });
        (await host.SendAsync(HttpMethod.Post, "/v1/messages", alice.AccessToken, message)).Expect(HttpStatusCode.Created);
        var scraped = (await host.GetAsync("/metrics")).Body;
        await using (var among = ChatApplication.Build(
            ["--Cql:ContactPoints=127.0.0.1:1", "--Redis:ConnectionString=127.0.0.1:1", $"--Auth:SigningKeyFile={Path.Combine(host.Data, "signing-key.pem")}", $"--Media:Folder={Path.Combine(host.Data, "media")}", "--Serilog:MinimumLevel:Default=Fatal"]))
        {
            foreach (var service in among.Services.GetServices<IHostedService>())
                Assert.NotNull(service);
            // Made with the connection to the database.
            ActivatorUtilities.CreateInstance(among.Services, typeof(CqlOptions).Assembly.GetType("Chat.BuildingBlocks.Storage.Cql.Client.CqlMetrics", throwOnError: true)!);
        }
        var names = instruments.SelectMany(ExposedNames).ToHashSet(StringComparer.Ordinal);

        // The names are those that the exporter makes.
        var exported = TypeLine().Matches(scraped).Select(match => match.Groups[1].Value).Select(name => names.Contains(name + "_bucket") ? name + "_bucket" : name);
        Assert.Equal(["target_info"], exported.Except(names));
        return names;
    }

    private static IEnumerable<string> ExposedNames(Instrument instrument)
    {
        var type = instrument.GetType().Name;
        var unit = instrument.Unit switch { "s" => "_seconds", "By" => "_bytes", "%" => "_percent", _ => "" };
        var name = instrument.Name.Replace('.', '_');
        if (!name.EndsWith(unit, StringComparison.Ordinal))
            name += unit;
        if (type.StartsWith("Histogram", StringComparison.Ordinal))
            return [name + "_bucket", name + "_count", name + "_sum"];
        return [type.StartsWith("Counter", StringComparison.Ordinal) || type.StartsWith("ObservableCounter", StringComparison.Ordinal) ? name + "_total" : name];
    }

    [GeneratedRegex(@"\b(?:chat|dotnet|http|kestrel|aspnetcore|signalr)_[a-z0-9_]+\b")]
    private static partial Regex MetricName();

    [GeneratedRegex(@"by \(([^)]*)\)")]
    private static partial Regex Grouping();

    [GeneratedRegex("""[{,](\w+)=~?"([^"]*)""")]
    private static partial Regex Selector();

    [GeneratedRegex(@"""(chat\.[a-z_.]+)""")]
    private static partial Regex InstrumentName();

    [GeneratedRegex(@"^# TYPE (\w+) ", RegexOptions.Multiline)]
    private static partial Regex TypeLine();

    [GeneratedRegex(@"^\| `Chat\w+` \|", RegexOptions.Multiline)]
    private static partial Regex AlertRow();
}
