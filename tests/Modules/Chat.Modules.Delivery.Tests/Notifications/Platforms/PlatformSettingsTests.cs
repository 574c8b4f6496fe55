using System.Security.Cryptography;
using Chat.BuildingBlocks.Storage;
using Chat.Modules.Delivery.Notifications;
using Chat.Modules.Delivery.Notifications.Apns;
using Chat.Modules.Delivery.Notifications.Fcm;
using Chat.Modules.Delivery.Notifications.Platforms;
using Chat.Modules.Delivery.Notifications.WebPush;
using Microsoft.Extensions.Options;

namespace Chat.Modules.Delivery.Tests.Notifications.Platforms;

/// <summary>Settings that cannot be used end the start, with a line that names them.</summary>
public sealed class PlatformSettingsTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("chat-test-").FullName;

    [Theory]
    [InlineData("Push:Apns:KeyFile", "key.p8", "Push:Apns:KeyId and Push:Apns:TeamId must be set with Push:Apns:KeyFile.")]
    [InlineData("Push:Apns:Endpoint", "http://127.0.0.1:1", "Push:Apns:Endpoint must be an https address.")]
    [InlineData("Push:Fcm:Endpoint", "fcm.example", "Push:Fcm:Endpoint must be an http or https address.")]
    [InlineData("Push:WebPush:Subject", "me", "Push:WebPush:Subject must be a mailto: or https: address.")]
    [InlineData("Push:Proxy", "socks5://127.0.0.1:1", "Push:Proxy must be the address of an HTTP proxy: http://host:port.")]
    public async Task A_setting_that_cannot_be_used_is_refused(string setting, string value, string line)
    {
        await using var world = new PlatformWorld(new() { [setting] = value });

        var refusal = Assert.Throws<OptionsValidationException>(() =>
        {
            _ = world.Service<IOptions<PlatformOptions>>().Value;
            _ = world.Service<IOptions<WebPushOptions>>().Value;
            _ = world.Service<IOptions<FcmOptions>>().Value;
            _ = world.Service<IOptions<ApnsOptions>>().Value;
        });

        Assert.Equal([line], refusal.Failures);
    }

    [Fact]
    public async Task A_file_that_is_no_key_is_refused()
    {
        using var rsa = RSA.Create(2048);
        foreach (var text in new[] { null, "", "half a key", """{"type":"authorized_user"}""", """{"type":"service_account","client_email":"a","private_key":"b"}""", rsa.ExportPkcs8PrivateKeyPem() })
        {
            var file = Path.Combine(_folder, Path.GetRandomFileName());
            if (text is not null)
                await File.WriteAllTextAsync(file, text, TestContext.Current.CancellationToken);
            foreach (var (setting, settings) in new (string, Dictionary<string, string?>)[]
            {
                ("Push:Fcm:ServiceAccountFile", new() { ["Push:Fcm:ServiceAccountFile"] = file }),
                ("Push:Apns:KeyFile", new() { ["Push:Apns:KeyFile"] = file, ["Push:Apns:KeyId"] = "A", ["Push:Apns:TeamId"] = "B" }),
            })
            {
                await using var world = new PlatformWorld(settings);
                Assert.StartsWith($"{setting} '{file}' ", Assert.Throws<StorageException>(() => world.Keys).Message, StringComparison.Ordinal);
            }
        }
    }

    [Fact]
    public async Task A_service_account_without_a_project_is_refused()
    {
        using var rsa = RSA.Create(2048);
        var file = Path.Combine(_folder, "account.json");
        await File.WriteAllTextAsync(
            file, System.Text.Json.JsonSerializer.Serialize(new { type = "service_account", client_email = "a@b.example", private_key = rsa.ExportPkcs8PrivateKeyPem() }),
            TestContext.Current.CancellationToken);
        await using var world = new PlatformWorld(new() { ["Push:Fcm:ServiceAccountFile"] = file });

        Assert.EndsWith("It has no project_id.", Assert.Throws<StorageException>(() => world.Keys).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Without_settings_there_is_Web_Push_alone()
    {
        await using var world = new PlatformWorld([]);

        Assert.True(world.Platform(PushKind.WebPush).IsConfigured);
        Assert.False(world.Platform(PushKind.Fcm).IsConfigured);
        Assert.False(world.Platform(PushKind.Apns).IsConfigured);
    }

    [Fact]
    public async Task Servers_of_a_cluster_that_share_no_key_send_no_Web_Push_and_say_so()
    {
        await using var world = new PlatformWorld(new() { ["Cql:ContactPoints"] = "127.0.0.1" }, keys: new FixedKeys(1, isShared: false));
        await using var shared = new PlatformWorld(new() { ["Cql:ContactPoints"] = "127.0.0.1" }, keys: new FixedKeys(1));

        Assert.False(world.Platform(PushKind.WebPush).IsConfigured);
        Assert.Equal(
            "Web Push is off: the servers share no key. Set Push:WebPush:KeyFile to a key that is the same for all servers.",
            await world.Platform(PushKind.WebPush).CheckAsync(TestContext.Current.CancellationToken));
        Assert.True(shared.Platform(PushKind.WebPush).IsConfigured);
        Assert.Null(await shared.Platform(PushKind.WebPush).CheckAsync(TestContext.Current.CancellationToken));
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);
}
