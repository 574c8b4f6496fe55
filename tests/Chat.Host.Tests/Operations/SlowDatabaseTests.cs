using System.Security.Cryptography;
using Chat.BuildingBlocks.Storage.Cql;
using Chat.Host.Tests.Running;
using Chat.Testing;
using Microsoft.Extensions.DependencyInjection;

namespace Chat.Host.Tests.Operations;

/// <summary>A server that starts while its database does not answer everything in time.</summary>
public sealed class SlowDatabaseTests(CassandraServer database) : IClassFixture<CassandraServer>, IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("chat-test-").FullName;

    [Fact]
    public async Task What_the_database_does_not_answer_at_the_start_is_asked_again()
    {
        Assert.SkipWhen(CassandraServer.IsMissing, CassandraServer.Missing);
        await database.OpenAsync(ct: TestContext.Current.CancellationToken);
        var key = Path.Combine(_folder, "signing-key.pem");
        using (var made = ECDsa.Create(ECCurve.NamedCurves.nistP256))
            await File.WriteAllTextAsync(key, made.ExportPkcs8PrivateKeyPem(), TestContext.Current.CancellationToken);
        File.SetUnixFileMode(key, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        var driver = new SlowDriver(database);

        await using var host = new TestHost(
            ("Cql:ContactPoints", database.Options.ContactPoints), ("Cql:Keyspace", database.Options.Keyspace), ("Auth:SigningKeyFile", key),
            ("Media:Folder", Path.Combine(_folder, "media")))
        {
            Change = services => services.AddSingleton(TimeProvider.System).AddSingleton<ICqlDriver>(driver),
        };
        await host.StartAsync();

        Assert.True(driver.Unanswered > 0);
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    /// <summary>The first read of each of the server's tables is not answered.</summary>
    private sealed class SlowDriver(CassandraServer database) : ICqlDriver
    {
        private readonly HashSet<string> _asked = [];

        public int Unanswered { get; private set; }

        public async Task<ICqlSession> ConnectAsync(CancellationToken ct) => new FaultyCqlSession(await database.OpenAsync(ct: ct), statement =>
        {
            lock (_asked)
            {
                if (!statement.Cql.StartsWith("SELECT", StringComparison.Ordinal) || !statement.Cql.Contains("identity_", StringComparison.Ordinal) || !_asked.Add(statement.Cql))
                    return Task.FromResult(CqlFault.None);
                Unanswered++;
                return Task.FromResult(CqlFault.NotSent);
            }
        });
    }
}
