using Chat.BuildingBlocks.Ids;
using Chat.Modules.Messaging.Contracts;
using Chat.Modules.Messaging.Settings;
using Chat.Testing;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Time.Testing;
using static Chat.Modules.Messaging.Tests.Words;

namespace Chat.Modules.Messaging.Tests.Settings;

public sealed class CqlOwnSettingsStoreTests(CassandraServer server) : OwnSettingsStoreContract, IClassFixture<CassandraServer>, IAsyncLifetime
{
    private CqlOwnSettingsStore? _store;

    private protected override IOwnSettingsStore Store => _store!;

    public async ValueTask InitializeAsync()
    {
        Assert.SkipWhen(CassandraServer.IsMissing, CassandraServer.Missing);
        var session = await server.OpenEmptyAsync("messaging", typeof(MessagingModule).Assembly, Ct);
        _store = new CqlOwnSettingsStore(session, Options.Create(new MessagingOptions()), Clock);
    }

    [Fact]
    public async Task The_last_change_counts_although_the_clock_of_the_server_before_was_ahead()
    {
        var ahead = new CqlOwnSettingsStore(
            await server.OpenAsync(ct: Ct), Options.Create(new MessagingOptions()), new FakeTimeProvider(Now.AddDays(30)));
        await ahead.SaveAsync(Alice, Team, new OwnSettingsChange(Tomorrow), Ct);

        await MuteAsync(Alice, Team, Tomorrow.AddHours(1));
        Assert.Equal(Tomorrow.AddHours(1), await ReadAsync(Alice, Team));

        await MuteAsync(Alice, Team, Tomorrow);
        Assert.Equal(Tomorrow, await ReadAsync(Alice, Team));
    }

    [Fact]
    public async Task The_last_draft_and_the_last_archiving_count_although_the_clock_of_the_server_before_was_ahead()
    {
        var ahead = new CqlOwnSettingsStore(
            await server.OpenAsync(ct: Ct), Options.Create(new MessagingOptions()), new FakeTimeProvider(Now.AddDays(30)));
        await ahead.SaveAsync(Alice, Team, new OwnSettingsChange(MutedUntil: null) { Draft = "first", ArchivedBelow = new SeqNo(9), ClearedUpTo = new SeqNo(8) }, Ct);

        await Store.SaveAsync(Alice, Team, new OwnSettingsChange(MutedUntil: null) { Draft = "", ArchivedBelow = SeqNo.None, ClearedUpTo = new SeqNo(9) }, Ct);

        Assert.Null((await Store.ReadAsync(Alice, [Team], Ct))[Team].Draft);
        Assert.Equal(new Hidden(SeqNo.None, new SeqNo(9)), (await Store.ReadHiddenAsync(Alice, [Team], Ct))[Team]);
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}
