using System.Net;
using System.Text;
using Chat.BuildingBlocks.Errors;
using Chat.BuildingBlocks.Storage.Cql;
using Chat.BuildingBlocks.Storage.Cql.Client;
using Chat.BuildingBlocks.Storage.Tests.Cql.Fakes;
using static Chat.BuildingBlocks.Storage.Tests.Cql.Fakes.Statements;

namespace Chat.BuildingBlocks.Storage.Tests.Cql;

/// <summary>Passwords, certificates, and nodes that are not there.</summary>
public sealed class CqlLogInTests
{
    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(4)]
    [InlineData(5)]
    public async Task A_node_that_asks_for_a_password_gets_it(int version)
    {
        await using var cluster = new FakeCluster(version: version);
        cluster[0].OnRequest = request => AskForPassword(request, "secret");

        var session = await cluster.ConnectAsync(contact => new CqlOptions { ContactPoints = contact, Keyspace = "ks", Username = "user", Password = "secret" });

        await session.ExecuteAsync(Select("a"), Ct);
    }

    [Theory]
    [InlineData("", "")]
    [InlineData("user", "wrong")]
    public async Task Without_the_right_password_connecting_says_so(string user, string password)
    {
        await using var cluster = new FakeCluster();
        cluster[0].OnRequest = request => AskForPassword(request, "secret");

        var refusal = await Assert.ThrowsAsync<CqlException>(() =>
            cluster.ConnectAsync(contact => new CqlOptions { ContactPoints = contact, Keyspace = "ks", Username = user, Password = password }));

        Assert.Equal(CqlErrorCodes.BadCredentials, refusal.Code);
    }

    [Fact]
    public async Task A_node_with_a_certificate_of_the_authority_is_trusted()
    {
        using var files = new TemporaryFolder();
        await using var cluster = new FakeCluster();
        cluster[0].Certificate = Certificates.Make(files.Path, IPAddress.Loopback);

        var session = await cluster.ConnectAsync(contact => Encrypted(contact, files.Path));

        await session.ExecuteAsync(Select("a"), Ct);
    }

    [Fact]
    public async Task A_node_with_a_certificate_for_another_name_is_not_talked_to()
    {
        using var files = new TemporaryFolder();
        await using var cluster = new FakeCluster();
        cluster[0].Certificate = Certificates.Make(files.Path, IPAddress.Parse("10.0.0.1"));

        await Assert.ThrowsAsync<StoreUnavailableException>(() => cluster.ConnectAsync(contact => Encrypted(contact, files.Path)));

        Assert.Empty(cluster[0].Requests);
    }

    [Fact]
    public async Task A_node_with_a_certificate_of_somebody_else_is_not_talked_to()
    {
        using var files = new TemporaryFolder();
        using var others = new TemporaryFolder();
        await using var cluster = new FakeCluster();
        cluster[0].Certificate = Certificates.Make(files.Path, IPAddress.Loopback);
        Certificates.Make(others.Path, IPAddress.Loopback).Dispose();

        await Assert.ThrowsAsync<StoreUnavailableException>(() => cluster.ConnectAsync(contact => Encrypted(contact, others.Path)));

        Assert.Empty(cluster[0].Requests);
    }

    [Fact]
    public async Task With_no_node_there_connecting_says_which_were_tried()
    {
        var cluster = new FakeCluster();
        var address = cluster[0].Address.ToString();
        await cluster[0].DisposeAsync();

        var failure = await Assert.ThrowsAsync<StoreUnavailableException>(() => cluster.ConnectAsync());

        Assert.Contains(address, failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_next_contact_point_is_tried_when_the_first_is_not_there()
    {
        var gone = new FakeCluster();
        await gone.DisposeAsync();
        await using var cluster = new FakeCluster();

        var session = await cluster.ConnectAsync(contact => new CqlOptions { ContactPoints = $"{gone[0].Address}, {contact}", Keyspace = "ks" });

        await session.ExecuteAsync(Select("a"), Ct);
    }

    [Fact]
    public async Task A_data_centre_that_the_cluster_does_not_have_is_the_operators_mistake()
    {
        await using var cluster = new FakeCluster();

        var failure = await Assert.ThrowsAsync<StorageException>(() =>
            cluster.ConnectAsync(contact => new CqlOptions { ContactPoints = contact, Keyspace = "ks", LocalDatacenter = "elsewhere" }));

        Assert.Contains("elsewhere", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_file_of_authorities_that_is_not_there_is_the_operators_mistake()
    {
        await using var cluster = new FakeCluster();

        var failure = await Assert.ThrowsAsync<StorageException>(() => cluster.ConnectAsync(contact => Encrypted(contact, "/nowhere")));

        Assert.Contains("/nowhere", failure.Message, StringComparison.Ordinal);
    }

    private static CqlOptions Encrypted(string contact, string folder) =>
        new() { ContactPoints = contact, Keyspace = "ks", Tls = true, TlsAuthority = Path.Combine(folder, "authority.pem") };

    private static FakeReply? AskForPassword(FakeRequest request, string password) => request.Opcode switch
    {
        Opcode.Startup => new FakeReply(Opcode.Authenticate, new Wire().String("org.apache.cassandra.auth.PasswordAuthenticator").Bytes),
        Opcode.AuthResponse when Encoding.UTF8.GetString(request.Body[4..]) == $"\0user\0{password}" => new FakeReply(Opcode.AuthSuccess, new Wire().Int(-1).Bytes),
        Opcode.AuthResponse => FakeReply.Error(CqlErrorCodes.BadCredentials),
        _ => null,
    };
}
