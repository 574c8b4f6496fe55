using System.Globalization;
using System.Runtime.InteropServices;
using System.Security.Cryptography;

namespace Chat.EndToEnd.Tests.Running;

/// <summary>
/// The database that <c>CHAT_TEST_CQL=host:port</c> names, shared with other tests; <c>CHAT_TEST_CQL_PID</c> lets a test stop it for a while, and
/// <c>CHAT_TEST_CQL_FOLDER</c>, the folder of a node that tests/Cassandra/cassandra.sh has started, back it up.
/// </summary>
internal static partial class Database
{
    public const string Missing = "no Cassandra: set CHAT_TEST_CQL";
    private const int SigCont = 18;
    private const int SigStop = 19;

    public static bool IsMissing => string.IsNullOrEmpty(ContactPoint);

    public static bool CanBeStopped => Process is not null;

    public static string? Folder { get; } = Environment.GetEnvironmentVariable("CHAT_TEST_CQL_FOLDER") is { Length: > 0 } folder ? folder : null;

    /// <summary>A script that is the node's nodetool.</summary>
    public static string Nodetool =>
        $"#!/bin/sh\nexec bash '{Repository.Root}/tests/Cassandra/cassandra.sh' nodetool '{Path.GetDirectoryName(Folder)}' {Path.GetFileName(Folder)} \"$@\"\n";

    private static string? ContactPoint => Environment.GetEnvironmentVariable("CHAT_TEST_CQL");

    private static int? Process =>
        int.TryParse(Environment.GetEnvironmentVariable("CHAT_TEST_CQL_PID"), CultureInfo.InvariantCulture, out var pid) ? pid : null;

    /// <summary>Settings of servers that share a keyspace of their own and a signing key, which lies in <paramref name="folder"/>.</summary>
    public static IReadOnlyDictionary<string, string> NewCluster(string folder)
    {
        var key = Path.Combine(folder, "signing-key.pem");
        using (var made = ECDsa.Create(ECCurve.NamedCurves.nistP256))
            File.WriteAllText(key, made.ExportPkcs8PrivateKeyPem());
        File.SetUnixFileMode(key, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        return new Dictionary<string, string>
        {
            ["Cql__ContactPoints"] = ContactPoint ?? throw new InvalidOperationException(Missing),
            ["Cql__Keyspace"] = $"chat_e2e_{RandomNumberGenerator.GetHexString(12, lowercase: true)}",
            ["Cql__ReplicationFactor"] = Environment.GetEnvironmentVariable("CHAT_TEST_CQL_REPLICATION") ?? "1",
            ["Auth__SigningKeyFile"] = key,
            ["Media__Folder"] = Path.Combine(folder, "media"),
        };
    }

    /// <summary>Stops the database, as a machine that hangs, until <paramref name="until"/> is done.</summary>
    public static async Task StopAsync(Func<Task> until)
    {
        var process = Process ?? throw new InvalidOperationException("CHAT_TEST_CQL_PID is not set.");
        Send(process, SigStop);
        try
        {
            await until();
        }
        finally
        {
            Send(process, SigCont);
        }
    }

    private static void Send(int process, int signal)
    {
        if (Kill(process, signal) != 0)
            throw new InvalidOperationException($"kill failed: {Marshal.GetLastPInvokeErrorMessage()}");
    }

    [LibraryImport("libc", EntryPoint = "kill", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int Kill(int pid, int signal);
}
