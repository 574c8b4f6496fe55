using Chat.BuildingBlocks.Ids;
using Chat.BuildingBlocks.Modules;
using Chat.BuildingBlocks.Secrets;
using Chat.Modules.Delivery.Notifications;
using Chat.Modules.Delivery.Notifications.Platforms;
using Chat.Testing.Push;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace Chat.Modules.Delivery.Tests.Notifications.Platforms;

/// <summary>The platforms as the server has them, with settings, and a trust of its own.</summary>
internal sealed class PlatformWorld : IAsyncDisposable
{
    private readonly ServiceProvider _services;

    public PlatformWorld(Dictionary<string, string?> settings, TestAuthority? authority = null, TimeProvider? clock = null, IDerivedKeys? keys = null)
    {
        var configuration = new ConfigurationBuilder().AddInMemoryCollection(settings).Build();
        _services = new ServiceCollection()
            .AddSingleton<IConfiguration>(configuration)
            .AddSingleton(clock ?? TimeProvider.System)
            .AddSingleton(keys ?? new FixedKeys(7))
            .AddLogging().AddMetrics()
            .AddPushPlatforms(new ModuleContext(configuration))
            .AddSingleton(provider => new PlatformClients(
                provider.GetRequiredService<IOptions<PlatformOptions>>(), provider.GetRequiredService<TimeProvider>(),
                handler => handler.SslOptions.CertificateChainPolicy = authority?.Policy()))
            .BuildServiceProvider();
    }

    public PlatformKeys Keys => Service<PlatformKeys>();

    public T Service<T>() where T : notnull => _services.GetRequiredService<T>();

    public IPushPlatform Platform(PushKind kind) => _services.GetServices<IPushPlatform>().Single(platform => platform.Kind == kind);

    public Task<PushOutcome> SendAsync(PushSubscription to, PushNotification? what = null) =>
        Platform(to.Kind).SendAsync(to, what ?? Message(), TestContext.Current.CancellationToken);

    public static PushSubscription To(PushReceiver receiver) => To(PushKind.WebPush, receiver.Endpoint) with { P256dh = receiver.P256dh, Auth = receiver.Auth };

    public static PushSubscription To(PushKind kind, string address, string? topic = null) => new(
        new DeviceAddress(UserId.Parse("bob"), DeviceId.Parse("phone")), kind, address, null, null, topic, false, PushContent.Full, DateTimeOffset.UnixEpoch, Guid.Empty);

    public static PushNotification Message(string? body = "hello", string? title = "Alice", int unread = 3) => new(
        ConversationId.Parse("dm:alice:bob"), unread == 0 ? null : MessageId.New(TimeProvider.System.GetUtcNow()), new SeqNo(7), title, body, unread, 2, "collapse-key-of-dm-alice-bob",
        TimeSpan.FromDays(1));

    public static PushNotification Withdrawal() => Message(null, null, unread: 0);

    public ValueTask DisposeAsync() => _services.DisposeAsync();
}

/// <summary>A server's signing key.</summary>
internal sealed class FixedKeys(byte key, bool isShared = true) : IDerivedKeys
{
    public bool IsShared => isShared;

    public byte[] DeriveKey(string purpose) => System.Security.Cryptography.HMACSHA256.HashData(new[] { key }, System.Text.Encoding.UTF8.GetBytes(purpose));
}
