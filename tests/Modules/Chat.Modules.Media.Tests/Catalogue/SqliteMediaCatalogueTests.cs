using Chat.Modules.Media.Catalogue;
using Chat.Testing;

namespace Chat.Modules.Media.Tests.Catalogue;

public sealed class SqliteMediaCatalogueTests : MediaCatalogueContract, IDisposable
{
    private readonly TemporaryStores _stores = new("media", typeof(SqliteMediaCatalogue).Assembly);

    private protected override IMediaCatalogue Catalogue => new SqliteMediaCatalogue(_stores.Database);

    public void Dispose() => _stores.Dispose();
}

public sealed class SqliteMediaUsesTests : MediaUsesContract, IDisposable
{
    private readonly TemporaryStores _stores = new("media", typeof(SqliteMediaUses).Assembly);

    private protected override IMediaUses Uses => new SqliteMediaUses(_stores.Database);

    public void Dispose() => _stores.Dispose();
}

public sealed class SqliteResumableUploadsTests : ResumableUploadsContract, IDisposable
{
    private readonly TemporaryStores _stores = new("media", typeof(SqliteResumableUploads).Assembly);
    private SqliteResumableUploads? _uploads;

    private protected override IResumableUploads Uploads => _uploads ??= new SqliteResumableUploads(_stores.Database, Clock);

    public void Dispose() => _stores.Dispose();
}
