using System.Diagnostics;
using System.Runtime.CompilerServices;

namespace Chat.BuildingBlocks.Storage.Tests.Cql;

/// <summary>tests/Cassandra/cassandra.sh where there is no CASSANDRA_HOME, with a stand-in for the program <c>docker</c>.</summary>
public sealed class CassandraScriptTests : IDisposable
{
    // It notes each call; `exec`, the query, fails as often as the file `unanswered` has lines.
    private const string Docker = """
        #!/bin/sh
        echo "$*" >>"$STAND_IN/calls"
        case $1 in
          info) [ ! -e "$STAND_IN/no-engine" ] ;;
          run) echo a1b2c3 ;;
          inspect) if [ -e "$STAND_IN/dead" ]; then echo false; else echo true; fi ;;
          logs) echo "Exception encountered during startup" ;;
          exec) [ ! -s "$STAND_IN/unanswered" ] || { sed -i 1d "$STAND_IN/unanswered"; exit 1; } ;;
        esac
        """;

    private readonly string _folder = Directory.CreateTempSubdirectory("chat-test-").FullName;

    public CassandraScriptTests()
    {
        var docker = Path.Combine(_folder, "docker");
        File.WriteAllText(docker, Docker);
        if (!OperatingSystem.IsWindows())
            File.SetUnixFileMode(docker, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
    }

    private string Cluster => Path.Combine(_folder, "cluster");

    [Fact]
    public async Task Where_a_Docker_engine_answers_the_image_is_started_and_ended()
    {
        await File.WriteAllTextAsync(Path.Combine(_folder, "unanswered"), "1\n2\n", TestContext.Current.CancellationToken);

        Assert.Equal((0, "container\n"), await RunAsync("source"));
        Assert.Equal((0, ""), await RunAsync("start", Cluster));
        Assert.Equal((0, ""), await RunAsync("destroy", Cluster));

        var calls = await File.ReadAllLinesAsync(Path.Combine(_folder, "calls"), TestContext.Current.CancellationToken);
        Assert.Contains(calls, call => call.StartsWith("run ", StringComparison.Ordinal) && call.EndsWith(" cassandra:5.0", StringComparison.Ordinal));
        Assert.Equal(3, calls.Count(call => call.StartsWith("exec a1b2c3 cqlsh ", StringComparison.Ordinal)));
        Assert.Equal("rm --force --volumes a1b2c3", calls[^1]);
        Assert.False(Directory.Exists(Cluster));
    }

    [Fact]
    public async Task A_container_that_ends_is_no_database_and_its_log_is_shown()
    {
        await File.WriteAllTextAsync(Path.Combine(_folder, "unanswered"), "1\n2\n", TestContext.Current.CancellationToken);
        await File.WriteAllTextAsync(Path.Combine(_folder, "dead"), "", TestContext.Current.CancellationToken);

        var (code, output) = await RunAsync("start", Cluster);

        Assert.Equal(1, code);
        Assert.Contains("Exception encountered during startup", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Without_an_engine_there_is_none()
    {
        await File.WriteAllTextAsync(Path.Combine(_folder, "no-engine"), "", TestContext.Current.CancellationToken);

        Assert.Equal((0, "none\n"), await RunAsync("source"));
        Assert.Equal(2, (await RunAsync("start", Cluster)).Code);
    }

    [Fact]
    public async Task Where_there_is_a_home_it_is_taken()
    {
        Directory.CreateDirectory(Path.Combine(_folder, "home/lib"));

        Assert.Equal((0, "home\n"), await RunAsync("source"));
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private async Task<(int Code, string Output)> RunAsync(params string[] arguments)
    {
        var start = new ProcessStartInfo("bash", [Script(), .. arguments]) { RedirectStandardOutput = true, RedirectStandardError = true };
        start.Environment["PATH"] = $"{_folder}:{Environment.GetEnvironmentVariable("PATH")}";
        start.Environment["STAND_IN"] = _folder;
        start.Environment["CASSANDRA_HOME"] = Path.Combine(_folder, "home");
        start.Environment["CASSANDRA_START_PAUSE"] = "0";
        // The usual port may be a real Cassandra's.
        start.Environment["CASSANDRA_CONTAINER_PORT"] = "1";
        using var process = Process.Start(start)!;
        var ct = TestContext.Current.CancellationToken;
        var output = await Task.WhenAll(process.StandardOutput.ReadToEndAsync(ct), process.StandardError.ReadToEndAsync(ct));
        await process.WaitForExitAsync(ct);
        return (process.ExitCode, string.Concat(output));
    }

    private static string Script([CallerFilePath] string path = "") => Path.Combine(Path.GetDirectoryName(path)!, "../../../Cassandra/cassandra.sh");
}
