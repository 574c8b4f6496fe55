using System.Collections.Concurrent;
using Chat.BuildingBlocks.Jobs;
using Chat.Host.Tests.Running;
using Chat.Testing;
using Microsoft.Extensions.DependencyInjection;

namespace Chat.Host.Tests.Operations;

public sealed class ModuleJobsTests
{
    private readonly Recorded _recorded = new();

    [Fact]
    public async Task A_job_that_is_put_off_runs_soon()
    {
        await using var host = await NewHost().StartAsync();

        Assert.True(await EnqueueAsync(host, "recorded", "one"));

        await Wait.UntilAsync(() => _recorded.About.Contains("one"), "the job has run");
    }

    [Fact]
    public async Task A_job_runs_after_its_delay()
    {
        await using var host = await NewHost().StartAsync();

        Assert.True(await EnqueueAsync(host, "recorded", "later", TimeSpan.FromMilliseconds(1)));

        await Wait.UntilAsync(() => _recorded.About.Contains("later"), "the job has run");
    }

    [Fact]
    public async Task A_job_that_nobody_knows_is_left()
    {
        await using var host = await NewHost().StartAsync();

        Assert.True(await EnqueueAsync(host, "of another version", "one"));
        Assert.True(await EnqueueAsync(host, "recorded", "two"));

        await Wait.UntilAsync(() => _recorded.About.Contains("two"), "the next job has run");
    }

    [Fact]
    public async Task No_more_jobs_wait_than_the_limit()
    {
        await using var host = await NewHost(("Jobs:MaxWaiting", "2")).StartAsync();

        Assert.True(await EnqueueAsync(host, "recorded", "one", TimeSpan.FromHours(1)));
        Assert.True(await EnqueueAsync(host, "recorded", "two", TimeSpan.FromHours(1)));
        Assert.False(await EnqueueAsync(host, "recorded", "three"));
    }

    private TestHost NewHost(params (string, string)[] settings) => new(settings) { Change = services => services.AddSingleton<IJob>(_recorded) };

    private static async Task<bool> EnqueueAsync(TestHost host, string job, string about, TimeSpan delay = default) =>
        await (await host.ServiceAsync<IJobs>()).TryEnqueueAsync(job, about, delay, TestContext.Current.CancellationToken);

    private sealed class Recorded : IJob
    {
        public string Name => "recorded";

        public ConcurrentQueue<string> About { get; } = [];

        public Task RunAsync(string about, CancellationToken ct)
        {
            About.Enqueue(about);
            return Task.CompletedTask;
        }
    }
}
