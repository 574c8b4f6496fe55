using Chat.Modules.Groups.Store;
using Chat.Testing;

namespace Chat.Modules.Groups.Tests.Store;

public sealed class SqliteGroupStoreTests : GroupStoreContract, IDisposable
{
    private readonly TemporaryStores _stores = new("groups", typeof(GroupsModule).Assembly);

    public void Dispose() => _stores.Dispose();

    private protected override IGroupStore Open()
    {
        _stores.Close();
        return new SqliteGroupStore(_stores.Database);
    }
}
