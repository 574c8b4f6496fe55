using System.Security.Cryptography;
using Chat.Host.Tests.Running;
using Chat.Testing;

namespace Chat.Host.Tests.Identity;

/// <summary>The command that makes an admin's account, where the accounts are in the cluster's database.</summary>
public sealed class ClusterAdminTests(CassandraServer server) : IClassFixture<CassandraServer>, IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("chat-test-").FullName;

    [Fact]
    public async Task The_command_makes_the_account_once()
    {
        Assert.SkipWhen(CassandraServer.IsMissing, CassandraServer.Missing);
        await server.OpenAsync(ct: TestContext.Current.CancellationToken);
        var key = Path.Combine(_folder, "signing-key.pem");
        using (var made = ECDsa.Create(ECCurve.NamedCurves.nistP256))
            await File.WriteAllTextAsync(key, made.ExportPkcs8PrivateKeyPem(), TestContext.Current.CancellationToken);
        File.SetUnixFileMode(key, UnixFileMode.UserRead | UnixFileMode.UserWrite);

        using var command = Create(key);
        Assert.True(await command.ExitCodeAsync() == 0, string.Join('\n', command.Errors));
        using var again = Create(key);
        Assert.Equal(1, await again.ExitCodeAsync());
        Assert.Equal("No account was made: This user id is taken.", Assert.Single(again.Errors));
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private HostProcess Create(string key) => HostProcess.Start(
        _folder, ["admin", "create", "root"], "open sesame", ("Auth__Admins__0", "root"), ("Auth__SigningKeyFile", key),
        ("Cql__ContactPoints", server.Options.ContactPoints), ("Cql__Keyspace", server.Options.Keyspace),
        ("Media__Folder", Path.Combine(_folder, "media")));
}
