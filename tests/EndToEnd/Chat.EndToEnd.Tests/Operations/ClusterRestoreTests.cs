using System.Diagnostics;
using System.Net;
using System.Text.Json;
using System.Text.RegularExpressions;
using Chat.EndToEnd.Tests.Clients;
using Chat.EndToEnd.Tests.Running;

namespace Chat.EndToEnd.Tests.Operations;

/// <summary>A cluster's backup is taken and put back by the commands of docs/operations.md, on a real Cassandra of one node.</summary>
public sealed class ClusterRestoreTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("chat-e2e-restore-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task A_snapshot_is_put_back_as_the_documentation_says()
    {
        Assert.SkipWhen(Database.IsMissing, Database.Missing);
        Assert.SkipWhen(Database.Folder is null, "no nodetool: set CHAT_TEST_CQL_FOLDER");
        var cluster = Database.NewCluster(_folder);
        var restored = new Dictionary<string, string>(cluster) { ["Cql__Keyspace"] = cluster["Cql__Keyspace"] + "_restored" };
        var commands = await ReadCommandsAsync();
        await using var server = await ServerProcess.StartAsync(cluster);
        var alice = await Account.RegisterAsync(server, "alice");
        var bob = await Account.RegisterAsync(server, "bob");
        var group = await alice.CreateGroupAsync("Team", bob);
        var direct = alice.DirectTo(bob);
        (await alice.Rest.SendMessageAsync("@bob", "kept", "1")).Expect2xx();
        (await alice.Rest.SendMessageAsync(group, "kept", "2")).Expect2xx();
        var epoch = await EpochAsync(bob);

        await RunAsync(commands[0], cluster, restored, ("TAG", "all"), ("TABLES", "*"));
        (await alice.Rest.SendMessageAsync("@bob", "kept, too", "3")).Expect2xx();
        await RunAsync(commands[0], cluster, restored, ("TAG", "log"), ("TABLES", "messaging_*"));
        (await alice.Rest.SendMessageAsync("@bob", "lost", "4")).Expect2xx();
        server.Terminate();
        await server.ExitAsync();
        await using (var maker = await ServerProcess.StartAsync(restored))
        {
            maker.Terminate();
            await maker.ExitAsync();
        }
        await RunAsync(commands[1], cluster, restored);

        await using var next = await ServerProcess.StartAsync(restored);
        alice = await Account.LogInAsync(next, alice.UserId, "phone");
        bob = await Account.LogInAsync(next, bob.UserId, "phone");
        Assert.NotEqual(epoch, await EpochAsync(bob));
        Assert.Equal(["kept", "kept, too"], await TextsAsync(bob, direct));
        Assert.Equal(["kept"], await TextsAsync(bob, group));
        Assert.Equal("Team", (await bob.Rest.GetAsync($"/v1/groups/{group}")).Expect(HttpStatusCode.OK).GetProperty("title").GetString());
        // A retry of what the copy holds, one of what it does not, and both are delivered.
        (await alice.Rest.SendMessageAsync("@bob", "kept, too", "3")).Expect(HttpStatusCode.OK);
        await using var device = await bob.ConnectCaughtUpAsync();
        (await alice.Rest.SendMessageAsync("@bob", "lost", "4")).Expect(HttpStatusCode.Created);
        await Until.TrueAsync(
            () => device.Received.All.Where(frame => frame.Type == "message").Select(frame => frame.Text("text")).Contains("lost"), "it is delivered");
        Assert.Equal(["kept", "kept, too", "lost"], await TextsAsync(bob, direct));
    }

    private static async Task<string[]> ReadCommandsAsync()
    {
        var text = await File.ReadAllTextAsync(Path.Combine(Repository.Root, "docs/operations.md"));
        var cluster = text[text.IndexOf("**A cluster.** Snapshots", StringComparison.Ordinal)..];
        var blocks = Regex.Matches(cluster, "```sh\n(.*?)```", RegexOptions.Singleline).Take(2).Select(block => block.Groups[1].Value).ToArray();
        Assert.Equal(2, blocks.Length);
        return blocks;
    }

    private async Task RunAsync(
        string commands, IReadOnlyDictionary<string, string> cluster, Dictionary<string, string> restored, params (string Name, string Value)[] variables)
    {
        var nodetool = Path.Combine(_folder, "nodetool");
        await File.WriteAllTextAsync(nodetool, Database.Nodetool);
        File.SetUnixFileMode(nodetool, UnixFileMode.UserRead | UnixFileMode.UserExecute | UnixFileMode.UserWrite);
        var start = new ProcessStartInfo("/bin/sh", ["-eu", "-c", commands]) { RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (var (name, value) in variables)
            start.Environment[name] = value;
        start.Environment["PATH"] = $"{_folder}:{start.Environment["PATH"]}";
        start.Environment["DATA"] = Path.Combine(Database.Folder!, "data");
        start.Environment["COPY"] = Path.Combine(_folder, "copy");
        (start.Environment["KEYSPACE"], start.Environment["RESTORED"]) = (cluster["Cql__Keyspace"], restored["Cql__Keyspace"]);
        using var process = Process.Start(start)!;
        var output = await Task.WhenAll(process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
        await process.WaitForExitAsync();
        Assert.True(process.ExitCode == 0, string.Join('\n', output));
    }

    private static async Task<string> EpochAsync(Account account) =>
        (await account.Rest.GetAsync("/v1/conversations")).Expect(HttpStatusCode.OK).GetProperty("epoch").GetString()!;

    private static async Task<IEnumerable<string>> TextsAsync(Account account, string conversation) =>
        (await account.Rest.ReadLogAsync(conversation)).Select((JsonElement message) => message.GetProperty("text").GetString()!);
}
