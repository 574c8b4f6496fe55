using Chat.BuildingBlocks.Ids;
using Chat.Modules.Identity.Devices;
using Chat.Modules.Identity.Store;
using Chat.Testing;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Time.Testing;

namespace Chat.Modules.Identity.Tests.Devices;

public sealed class RevocationsTests : IDisposable
{
    private static readonly DeviceAddress Phone = new(UserId.Parse("alice"), DeviceId.Parse("phone"));

    private readonly TemporaryStores _stores = new("identity", typeof(SqliteDeviceStore).Assembly);
    private readonly FakeTimeProvider _clock = new(new DateTimeOffset(2026, 3, 1, 12, 0, 0, TimeSpan.Zero));
    private readonly RefreshTokens _tokens = new(new byte[32]);

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Asked_again_after_the_store_revoked_without_an_answer_the_tokens_are_void()
    {
        var store = new SqliteDeviceStore(_stores.Database, _tokens, _clock);
        var revocations = new Revocations(store, new FakeBus(), Options.Create(new AuthOptions()), _clock);
        var admission = await store.OpenFamilyAsync(Phone, null, _tokens.NewFamily(), _clock.GetUtcNow().AddDays(30), 10, Ct);
        // As where the write was overdue, and was done after its caller had been told so.
        await store.RevokeAsync(Phone, Ct);
        Assert.False(revocations.IsVoid(Phone, admission!.IssuedAt));

        Assert.True(await revocations.AddAsync(Phone, Ct));
        Assert.True(revocations.IsVoid(Phone, admission.IssuedAt));

        Assert.False(await revocations.AddAsync(Phone, Ct));
    }

    public void Dispose() => _stores.Dispose();
}
