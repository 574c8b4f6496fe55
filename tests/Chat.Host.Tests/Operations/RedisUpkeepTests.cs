using System.Globalization;
using System.Net;
using System.Security.Cryptography;
using System.Text.RegularExpressions;
using Chat.BuildingBlocks.Jobs;
using Chat.Host.Operations.Upkeep;
using Chat.Host.Tests.Running;
using Chat.Testing;
using Hangfire;
using Hangfire.Common;
using Hangfire.Redis.StackExchange;
using Hangfire.Storage;
using Microsoft.Extensions.DependencyInjection;
using StackExchange.Redis;

namespace Chat.Host.Tests.Operations;

/// <summary>The jobs of servers that share a database and a Redis.</summary>
public sealed class RedisUpkeepTests(CassandraServer database) : IClassFixture<CassandraServer>, IAsyncLifetime
{
    private const string Job = "sweep-tokens";
    private static readonly string[] Schedule = ["collect-media", "sweep-expired", Job];

    private readonly string _folder = Directory.CreateTempSubdirectory("chat-test-").FullName;
    private RedisServer _redis = null!;
    private ConnectionMultiplexer _connection = null!;
    private RedisStorage _jobs = null!;

    public async ValueTask InitializeAsync()
    {
        Assert.SkipWhen(CassandraServer.IsMissing, CassandraServer.Missing);
        Assert.SkipWhen(RedisServer.IsMissing, RedisServer.Missing);
        await database.OpenAsync(ct: TestContext.Current.CancellationToken);
        var key = Path.Combine(_folder, "signing-key.pem");
        using (var made = ECDsa.Create(ECCurve.NamedCurves.nistP256))
            await File.WriteAllTextAsync(key, made.ExportPkcs8PrivateKeyPem(), TestContext.Current.CancellationToken);
        File.SetUnixFileMode(key, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        // The servers have no more rights than docs/operations.md gives them.
        _redis = await RedisServer.StartAsync($"--user {RedisUser.Documented("secret")}");
        _connection = await ConnectionMultiplexer.ConnectAsync(_redis.Address);
        _jobs = new RedisStorage(_connection, new RedisStorageOptions { Prefix = "chat:{jobs}:" });
    }

    [Fact]
    public async Task Each_time_of_a_job_is_run_by_one_server()
    {
        await using var one = NewHost();
        await using var two = NewHost();
        await one.StartAsync();
        await two.StartAsync();
        await Wait.UntilAsync(() => Servers().Count == 2 && Scheduled().SequenceEqual(Schedule), "both servers work, and the schedule is set");

        for (var times = 1; times <= 5; times++)
        {
            await MakeDueAsync();
            await Wait.UntilAsync(() => Succeeded() >= times, $"the job has run {times} times");
        }

        Assert.Equal(5, Succeeded());
        Assert.Equal(Schedule, Scheduled());
        Assert.Equal(0, _jobs.GetMonitoringApi().FailedCount());
        // The client library asks, and does without.
        Assert.Equal(["config|get"], DeniedIn(await _redis.CommandAsync("acl", "log")));
    }

    [Fact]
    public async Task A_job_that_a_module_puts_off_is_run()
    {
        await using var host = NewHost();
        await host.StartAsync();
        await Wait.UntilAsync(() => Servers().Count == 1, "the server works");
        var jobs = await host.ServiceAsync<IJobs>();

        Assert.True(await jobs.TryEnqueueAsync("of another version", "one", TimeSpan.Zero, TestContext.Current.CancellationToken));
        Assert.True(await jobs.TryEnqueueAsync("of another version", "two", TimeSpan.FromMilliseconds(1), TestContext.Current.CancellationToken));

        await Wait.UntilAsync(() => Succeeded() == 2, "both jobs have run");
    }

    [Fact]
    public async Task Servers_set_the_schedule_again_when_Redis_has_lost_it_and_go_on()
    {
        await using var one = NewHost();
        await one.StartAsync();
        await Wait.UntilAsync(() => Servers().Count == 1 && Scheduled().SequenceEqual(Schedule), "the server works, and the schedule is set");

        await _redis.CommandAsync("FLUSHALL");

        await Wait.UntilAsync(() => Servers().Count == 1 && Scheduled().SequenceEqual(Schedule), "the schedule is there again");
        await MakeDueAsync();
        await Wait.UntilAsync(() => Succeeded() == 1, "the job has run");
    }

    [Fact]
    public async Task A_job_of_a_server_that_was_killed_meanwhile_is_run_by_another_one()
    {
        using var killed = StartProcess();
        await Wait.UntilAsync(() => Servers().Count == 1, "the server works");
        var dead = Servers()[0];
        const int Jobs = 100;
        var client = new BackgroundJobClient(_jobs);
        for (var i = 0; i < Jobs; i++)
            client.Enqueue<UpkeepJobs>(upkeep => upkeep.SweepTokensAsync(CancellationToken.None));

        // Stopped at some moment; again, until that is in the middle of a job. Not of a step between two: what a dead server has fetched and not begun is done
        // again after some minutes.
        await Wait.UntilAsync(
            async () =>
            {
                await killed.SignalAsync("STOP");
                if (_jobs.GetMonitoringApi().ProcessingCount() is > 0 and var processing && processing == await FetchedAsync())
                    return true;
                await killed.SignalAsync("CONT");
                return false;
            },
            "the server is at a job");
        await killed.SignalAsync("KILL");
        var before = Succeeded();
        await _redis.CommandAsync("hset", $"chat:{{jobs}}:server:{dead}", "StartedAt", Old, "Heartbeat", Old);

        await using (var first = NewHost())
        {
            await first.StartAsync();
            await Wait.UntilAsync(() => !Servers().Contains(dead), "the dead server is found so");
        }
        // Its first look for jobs of dead servers is now, and not in a minute.
        await using var second = NewHost();
        await second.StartAsync();

        Assert.True(before < Jobs, "All jobs were done already.");
        await Wait.UntilAsync(() => Succeeded() == Jobs, "all jobs are done");
        Assert.Equal(0, _jobs.GetMonitoringApi().ProcessingCount());
    }

    [Fact]
    public async Task What_Redis_refuses_the_upkeep_is_said_once_and_done_when_it_is_granted()
    {
        await _redis.CommandAsync("acl", "setuser", "chat", "-rpoplpush");
        using var server = StartProcess();
        bool IsRefusal(string line) => line.Contains("Redis refuses", StringComparison.Ordinal);
        await Wait.UntilAsync(() => server.Output.Any(IsRefusal), "the refusal is said");
        var denied = await DeniedTimesAsync();
        await Wait.UntilAsync(async () => await DeniedTimesAsync() > denied, "it is refused again");

        await _redis.CommandAsync("acl", "setuser", "chat", "+rpoplpush");

        await Wait.UntilAsync(() => Scheduled().SequenceEqual(Schedule), "the schedule is set");
        await MakeDueAsync();
        await Wait.UntilAsync(() => Succeeded() > 0, "the job has run");
        Assert.Contains("ACL SETUSER chat +rpoplpush", server.Output.Single(IsRefusal), StringComparison.Ordinal);
        Assert.DoesNotContain(server.Output, line => line.Contains("RedisServerException", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Admins_see_the_jobs_of_all_servers()
    {
        await using var host = NewHost(("Auth:Admins:0", "root"));
        await host.CreateAdminAsync("root");
        var root = await host.LogInAsync("root");
        await Wait.UntilAsync(() => Scheduled().SequenceEqual(Schedule), "the schedule is set");

        Assert.Contains(Job, (await host.GetAsync("/ops/jobs/recurring", root.AccessToken)).Expect(HttpStatusCode.OK).Body, StringComparison.Ordinal);
    }

    [Fact]
    public async Task On_a_cluster_all_of_its_state_is_in_one_place()
    {
        await using var cluster = await RedisCluster.StartAsync($"--user {RedisUser.Documented("secret")}");
        await using var host = NewHost(("Redis:ConnectionString", $"{cluster.ConnectionString},user=chat,password=secret"));
        await host.StartAsync();
        var jobs = (await host.ServiceAsync<RedisJobStorage>()).GetMonitoringApi();
        await Wait.UntilAsync(() => jobs.Servers().Count == 1, "the server works");

        new BackgroundJobClient((await host.ServiceAsync<RedisJobStorage>()).Opened).Enqueue<UpkeepJobs>(upkeep => upkeep.SweepTokensAsync(CancellationToken.None));

        await Wait.UntilAsync(() => jobs.SucceededListCount() == 1, "the job has run");
        foreach (var server in cluster.Servers)
            Assert.Equal(["config|get"], DeniedIn(await server.CommandAsync("acl", "log")));
    }

    public async ValueTask DisposeAsync()
    {
        if (_connection is not null)
            await _connection.DisposeAsync();
        if (_redis is not null)
            await _redis.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    private static string Old => JobHelper.SerializeDateTime(TimeProvider.System.GetUtcNow().UtcDateTime.AddHours(-1));

    private (string Key, string Value)[] Settings =>
    [
        ("Cql:ContactPoints", database.Options.ContactPoints), ("Cql:Keyspace", database.Options.Keyspace), ("Cql:ReplicationFactor", "1"),
        ("Auth:SigningKeyFile", Path.Combine(_folder, "signing-key.pem")), ("Redis:ConnectionString", $"{_redis.Address},user=chat,password=secret"),
        ("Nodes:LeaseMs", "3000"), ("Media:Folder", Path.Combine(_folder, "media")),
    ];

    private TestHost NewHost(params (string Key, string Value)[] more) => new([.. Settings, .. more])
    {
        Change = services => services.AddSingleton(TimeProvider.System).AddSingleton(provider =>
        {
            var options = RedisUpkeep.OptionsOf(provider.GetRequiredService<JobActivator>(), new JobOptions());
            options.SchedulePollingInterval = options.ServerCheckInterval = TimeSpan.FromMilliseconds(200);
            return options;
        }),
    };

    private HostProcess StartProcess() =>
        HostProcess.Start(_folder, null, [.. Settings.Select(setting => (setting.Key.Replace(":", "__", StringComparison.Ordinal), setting.Value))]);

    private IReadOnlyList<string> Servers() => [.. _jobs.GetMonitoringApi().Servers().Select(server => server.Name)];

    private List<string> Scheduled()
    {
        using var connection = _jobs.GetConnection();
        return [.. connection.GetRecurringJobs().Select(job => job.Id).Order(StringComparer.Ordinal)];
    }

    // The names of the commands, each below a line "object".
    private static IReadOnlyList<string> DeniedIn(string log)
    {
        var lines = log.Split('\n');
        return [.. lines.Zip(lines.Skip(1)).Where(pair => pair.First == "object").Select(pair => pair.Second).Distinct()];
    }

    private async Task<long> FetchedAsync() =>
        long.Parse(await _redis.CommandAsync("llen", "chat:{jobs}:queue:default:dequeued"), CultureInfo.InvariantCulture);

    private async Task<int> DeniedTimesAsync() => Regex.Matches(
        await _redis.CommandAsync("info", "commandstats"), "cmdstat_rpoplpush:.*rejected_calls=(\\d+)", RegexOptions.None, TimeSpan.FromSeconds(1))
            .Sum(count => int.Parse(count.Groups[1].ValueSpan, CultureInfo.InvariantCulture));

    // Whenever ten minutes are over the files are collected as well.
    private int Succeeded() => _jobs.GetMonitoringApi().SucceededJobs(0, 1_000)
        .Count(done => done.Value.Job?.Method.Name != nameof(UpkeepJobs.CollectMediaAsync));

    private async Task MakeDueAsync()
    {
        await _redis.CommandAsync("hset", $"chat:{{jobs}}:recurring-job:{Job}", "CreatedAt", Old, "LastExecution", Old, "NextExecution", Old);
        await _redis.CommandAsync("zadd", "chat:{jobs}:recurring-jobs", "1", Job);
    }
}
