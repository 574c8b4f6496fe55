using Chat.Modules.Messaging.Settings;
using Chat.Testing;
using static Chat.Modules.Messaging.Tests.Words;

namespace Chat.Modules.Messaging.Tests.Settings;

public sealed class SqliteOwnSettingsStoreTests : OwnSettingsStoreContract, IDisposable
{
    private readonly TemporaryStores _stores = new("messaging", typeof(MessagingModule).Assembly);

    private protected override IOwnSettingsStore Store => new SqliteOwnSettingsStore(_stores.Database);

    [Fact]
    public async Task A_restart_finds_what_was_set()
    {
        await MuteAsync(Alice, Team, Tomorrow);

        _stores.Close();

        Assert.Equal(Tomorrow, await ReadAsync(Alice, Team));
    }

    public void Dispose() => _stores.Dispose();
}
