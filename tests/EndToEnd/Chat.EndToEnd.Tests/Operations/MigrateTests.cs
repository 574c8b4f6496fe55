using System.Globalization;
using System.Net;
using Chat.EndToEnd.Tests.Clients;
using Chat.EndToEnd.Tests.Running;

namespace Chat.EndToEnd.Tests.Operations;

/// <summary>
/// A server's data directory is moved into a cluster. Two servers run afterwards, one on a copy of the folder and one on the cluster: whatever a client asks
/// them, they answer alike.
/// </summary>
public sealed class MigrateTests : IDisposable
{
    private const int Seed = 17;

    private readonly string _folder = Directory.CreateTempSubdirectory("chat-e2e-migrate-").FullName;

    /// <summary>Times that the command is killed on its way; more with CHAT_KILL_ROUNDS.</summary>
    private static int Kills =>
        int.TryParse(Environment.GetEnvironmentVariable("CHAT_KILL_ROUNDS"), CultureInfo.InvariantCulture, out var rounds) ? rounds : 1;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task A_folder_is_moved_and_the_cluster_answers_as_the_folder_did()
    {
        Assert.SkipWhen(Database.IsMissing, Database.Missing);
        await using var server = await ServerProcess.StartAsync();
        var history = await MovedHistory.WriteAsync(server, Seed);

        // While the server runs its folder is its own.
        var cluster = new Dictionary<string, string>(Database.NewCluster(_folder)) { ["Storage__DataDirectory"] = server.DataDirectory };
        File.Copy(Path.Combine(server.DataDirectory, "signing-key.pem"), cluster["Auth__SigningKeyFile"], overwrite: true);
        Assert.Contains("Stop the server that uses it", await RefusedAsync(cluster, "migrate", "--to", "cql"), StringComparison.Ordinal);
        server.Terminate();
        await server.ExitAsync();
        var copied = Path.Combine(_folder, "copy");
        CopyFolder(server.DataDirectory, copied);

        // Another signing key would end all sessions.
        var otherKey = new Dictionary<string, string>(cluster) { ["Auth__SigningKeyFile"] = Database.NewCluster(NewFolder("other"))["Auth__SigningKeyFile"] };
        Assert.Contains("is another key than", await RefusedAsync(otherKey, "migrate", "--to", "cql"), StringComparison.Ordinal);

        for (var kill = 0; kill < Kills; kill++)
        {
            await using var killed = HostCommand.Start(cluster, "migrate", "--to", "cql");
            // At another moment each time: after so many tables more, while they are copied or compared.
            var tables = kill % 4;
            await Until.TrueAsync(
                () => HasEnded(killed) || killed.Lines.Count(line => line.Contains(" rows ", StringComparison.Ordinal)) >= tables, "it has got so far", () => killed.Output);
            killed.KillHard();
            await killed.ExitAsync();
            if (File.Exists(Path.Combine(server.DataDirectory, "moved.json")))
                Assert.Contains("moved to the keyspace", await RefusedAsync(new Dictionary<string, string> { ["Storage__DataDirectory"] = server.DataDirectory }), StringComparison.Ordinal);
        }

        await using (var command = HostCommand.Start(cluster, "migrate", "--to", "cql"))
        {
            Assert.True(await command.ExitAsync() == 0, command.Output);
            Assert.Contains(command.Lines, line => line.StartsWith("messages: ", StringComparison.Ordinal) && line.EndsWith("the same on both sides", StringComparison.Ordinal));
        }
        Assert.Contains("was moved to the keyspace", await RefusedAsync(new Dictionary<string, string> { ["Storage__DataDirectory"] = server.DataDirectory }), StringComparison.Ordinal);

        await using var folder = await ServerProcess.StartAsync(new Dictionary<string, string> { ["Storage__DataDirectory"] = copied });
        cluster.Remove("Storage__DataDirectory");
        await using var moved = await ServerProcess.StartAsync(cluster);
        var (expected, actual) = (await history.ObserveAsync(folder), await history.ObserveAsync(moved));
        Assert.Equal(expected, actual);

        // Back to the folder, which lacks what was written to the cluster since: another epoch.
        var epoch = await EpochAsync(history.Accounts[0].At(moved));
        await using (var back = HostCommand.Start(new Dictionary<string, string> { ["Storage__DataDirectory"] = server.DataDirectory }, "migrate", "--back"))
            Assert.True(await back.ExitAsync() == 0, back.Output);
        await server.StartAgainAsync();
        Assert.NotEqual(epoch, await EpochAsync(history.Accounts[0]));
    }

    private static bool HasEnded(HostCommand command) => command.Lines.Any(line => line.StartsWith("The data directory", StringComparison.Ordinal));

    private static async Task<string> EpochAsync(Account account) =>
        (await account.Rest.GetAsync("/v1/conversations")).Expect(HttpStatusCode.OK).Text("epoch");

    /// <summary>The line with which a command, or the server itself, refuses and ends.</summary>
    private static async Task<string> RefusedAsync(IReadOnlyDictionary<string, string> settings, params string[] arguments)
    {
        await using var command = HostCommand.Start(settings, arguments);
        Assert.True(await command.ExitAsync() == 1, command.Output);
        return command.Output;
    }

    private string NewFolder(string name) => Directory.CreateDirectory(Path.Combine(_folder, name)).FullName;

    private static void CopyFolder(string from, string to)
    {
        Directory.CreateDirectory(to);
        foreach (var file in Directory.GetFiles(from))
            File.Copy(file, Path.Combine(to, Path.GetFileName(file)));
        foreach (var folder in Directory.GetDirectories(from))
            CopyFolder(folder, Path.Combine(to, Path.GetFileName(folder)));
    }
}
