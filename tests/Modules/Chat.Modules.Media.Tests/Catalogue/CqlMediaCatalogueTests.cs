using Chat.BuildingBlocks.Errors;
using Chat.BuildingBlocks.Ids;
using Chat.BuildingBlocks.Storage.Cql;
using Chat.Modules.Media.Catalogue;
using Chat.Testing;
using Microsoft.Extensions.Time.Testing;

namespace Chat.Modules.Media.Tests.Catalogue;

public sealed class CqlMediaCatalogueTests(CassandraServer server) : MediaCatalogueContract, IClassFixture<CassandraServer>, IAsyncLifetime
{
    private readonly FakeTimeProvider _clock = new(Start);
    private ICqlSession _session = null!;
    private CqlMediaCatalogue? _catalogue;

    private protected override IMediaCatalogue Catalogue => _catalogue!;

    [Fact]
    public async Task Hours_that_are_done_are_not_read_again()
    {
        var ct = TestContext.Current.CancellationToken;
        await Catalogue.AddDueAsync(new DueEntry(Start.AddHours(1), "other", "a"), ct);
        _clock.Advance(TimeSpan.FromDays(2));
        await Catalogue.GetDueAsync(_clock.GetUtcNow(), 10, ct);
        await Catalogue.DropDueAsync(new DueEntry(Start.AddHours(1), "other", "a"), ct);
        await Catalogue.GetDueAsync(_clock.GetUtcNow(), 10, ct);
        var read = 0;
        var counting = new CqlMediaCatalogue(
            new FaultyCqlSession(_session, statement =>
            {
                if (statement.Cql.Contains("FROM media_due WHERE", StringComparison.Ordinal))
                    Interlocked.Increment(ref read);
                return Task.FromResult(CqlFault.None);
            }),
            _clock);

        Assert.Empty(await counting.GetDueAsync(_clock.GetUtcNow(), 10, ct));

        Assert.InRange(read, 1, 4);
    }

    [Fact]
    public async Task Whatever_statement_an_upload_dies_at_its_removal_leaves_nothing()
    {
        var ct = TestContext.Current.CancellationToken;
        var alice = UserId.Parse("alice");
        byte[] hash = [.. Enumerable.Repeat((byte)7, 32)];
        for (var (n, died) = (1, true); died; n++)
        {
            var id = MediaId.New(Start);
            var row = new MediaRow
            {
                Id = id, Uploader = alice, State = MediaState.Uploading, BlobKey = MediaRow.OwnKeyOf(id), IdempotencyKey = "key", CreatedAt = Start,
                KeepUntil = Start.AddDays(1),
            };
            died = await DiesAsync(UploadAsync(new CqlMediaCatalogue(FaultyCqlSession.DyingAt(_session, n), _clock), row, hash, ct));

            var due = await Catalogue.GetDueAsync(Start.AddDays(2), 100, ct);
            if (await Catalogue.FindAsync(id, ct) is { } left)
            {
                Assert.Contains(due, entry => entry.Id == id.ToString());
                Assert.True(await new MediaRemover(Catalogue, new CqlResumableUploads(_session, _clock), new NoStore(), MediaWorld.Options, _clock).TryRemoveAsync(left, ct));
            }

            Assert.Equal(0, await Catalogue.UsageAsync(alice, ct));
            Assert.Null(await Catalogue.FindAsync(id, ct));
            Assert.Null(await Catalogue.FindByKeyAsync(alice, "key", ct));
            Assert.True(await Catalogue.TryFreeAsync(hash, row.OwnKey, ct));
        }
    }

    private static async Task UploadAsync(CqlMediaCatalogue catalogue, MediaRow row, byte[] hash, CancellationToken ct)
    {
        Assert.True(await catalogue.TryBeginAsync(row, 10, 1_000, ct));
        var key = await catalogue.ReferAsync(row.Id, hash, row.OwnKey, ct);
        await catalogue.FinishAsync(row with { State = MediaState.Ready, Hash = hash, BlobKey = key!, Size = 10 }, ct);
    }

    private static async Task<bool> DiesAsync(Task work)
    {
        try
        {
            await work;
            return false;
        }
        catch (StoreUnavailableException)
        {
            return true;
        }
    }

    public async ValueTask InitializeAsync()
    {
        Assert.SkipWhen(CassandraServer.IsMissing, CassandraServer.Missing);
        _session = await server.OpenEmptyAsync("media", typeof(CqlMediaCatalogue).Assembly, TestContext.Current.CancellationToken);
        _catalogue = new CqlMediaCatalogue(_session, _clock);
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}

public sealed class CqlMediaUsesTests(CassandraServer server) : MediaUsesContract, IClassFixture<CassandraServer>, IAsyncLifetime
{
    private CqlMediaUses? _uses;

    private protected override IMediaUses Uses => _uses!;

    public async ValueTask InitializeAsync()
    {
        Assert.SkipWhen(CassandraServer.IsMissing, CassandraServer.Missing);
        _uses = new CqlMediaUses(await server.OpenEmptyAsync("media", typeof(CqlMediaUses).Assembly, TestContext.Current.CancellationToken));
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}

public sealed class CqlResumableUploadsTests(CassandraServer server) : ResumableUploadsContract, IClassFixture<CassandraServer>, IAsyncLifetime
{
    private CqlResumableUploads? _uploads;

    private protected override IResumableUploads Uploads => _uploads!;

    public async ValueTask InitializeAsync()
    {
        Assert.SkipWhen(CassandraServer.IsMissing, CassandraServer.Missing);
        _uploads = new CqlResumableUploads(
            await server.OpenEmptyAsync("media", typeof(CqlResumableUploads).Assembly, TestContext.Current.CancellationToken), Clock);
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}
