using Chat.Host.Operations.Upkeep;
using Chat.Host.Tests.Running;
using Hangfire;
using Hangfire.Storage;

namespace Chat.Host.Tests.Operations;

public sealed class UpkeepTests
{
    [Fact]
    public async Task Without_a_folder_there_are_no_backups()
    {
        await using var host = new TestHost();
        using var connection = (await host.ServiceAsync<JobStorage>()).GetConnection();

        Assert.Equal(["collect-media", "optimise-database", "sweep-expired", "sweep-tokens"], connection.GetRecurringJobs().Select(job => job.Id).Order());
        await (await host.ServiceAsync<UpkeepJobs>()).OptimiseStoresAsync();
    }

    [Fact]
    public async Task A_backup_is_what_a_server_starts_from()
    {
        var backups = Directory.CreateTempSubdirectory("chat-test-");
        await using var host = new TestHost(("Backup:Directory", backups.FullName));
        await host.RegisterAsync("alice");

        (await host.ServiceAsync<UpkeepJobs>()).BackUp();

        await host.RegisterAsync("bob");
        var copy = Assert.Single(backups.GetDirectories());
        Assert.Equal("chat-20260301T120000Z", copy.Name);
        using (var connection = (await host.ServiceAsync<JobStorage>()).GetConnection())
            Assert.Contains("back-up", connection.GetRecurringJobs().Select(job => job.Id));
        await using var restored = new TestHost(("Storage:DataDirectory", copy.FullName));
        (await restored.LogInAsync("alice")).Expect(System.Net.HttpStatusCode.OK);
        (await restored.LogInAsync("bob")).Expect(System.Net.HttpStatusCode.Unauthorized);
        await restored.DisposeAsync();
        backups.Delete(recursive: true);
    }

    [Fact]
    public async Task Only_the_newest_backups_are_kept_and_no_unfinished_ones()
    {
        var backups = Directory.CreateTempSubdirectory("chat-test-");
        backups.CreateSubdirectory("chat-20260201T000000Z.unfinished");
        backups.CreateSubdirectory("something else");
        await using var host = new TestHost(("Backup:Directory", backups.FullName), ("Backup:Keep", "2"));
        foreach (var _ in Enumerable.Range(0, 3))
        {
            (await host.ServiceAsync<UpkeepJobs>()).BackUp();
            host.Clock.Advance(TimeSpan.FromMinutes(1));
        }

        Assert.Equal(
            ["chat-20260301T120100Z", "chat-20260301T120200Z", "something else"], backups.GetDirectories().Select(folder => folder.Name).Order());
        backups.Delete(recursive: true);
    }

    [Fact]
    public async Task A_backup_of_when_the_clock_was_ahead_does_not_outlive_those_after_it()
    {
        var backups = Directory.CreateTempSubdirectory("chat-test-");
        backups.CreateSubdirectory("chat-20260331T000000Z");
        await using var host = new TestHost(("Backup:Directory", backups.FullName), ("Backup:Keep", "1"));

        (await host.ServiceAsync<UpkeepJobs>()).BackUp();

        Assert.Equal("chat-20260301T120000Z", Assert.Single(backups.GetDirectories()).Name);
        backups.Delete(recursive: true);
    }
}
