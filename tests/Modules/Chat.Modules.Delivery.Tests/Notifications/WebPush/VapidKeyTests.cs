using System.Buffers.Text;
using System.Security.Cryptography;
using Chat.BuildingBlocks.Storage;
using Chat.Modules.Delivery.Notifications.WebPush;
using Chat.Modules.Delivery.Tests.Notifications.Platforms;

namespace Chat.Modules.Delivery.Tests.Notifications.WebPush;

[System.Runtime.Versioning.SupportedOSPlatform("linux")]
public sealed class VapidKeyTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("chat-test-").FullName;

    [Fact]
    public void Servers_that_sign_with_the_same_key_have_the_same_key_and_others_another()
    {
        using var one = VapidKey.Open(null, new FixedKeys(1), hasSeveralServers: true);
        using var same = VapidKey.Open(null, new FixedKeys(1), hasSeveralServers: false);
        using var another = VapidKey.Open(null, new FixedKeys(2), hasSeveralServers: true);

        Assert.Equal(one!.PublicKey, same!.PublicKey);
        Assert.NotEqual(one.PublicKey, another!.PublicKey);
        Assert.True(P256.IsOnCurve(Base64Url.DecodeFromChars(one.PublicKey)));
        Assert.Equal(one.Key.ExportParameters(true).D, same.Key.ExportParameters(true).D);
    }

    [Fact]
    public void Several_servers_without_a_common_key_have_none()
    {
        Assert.Null(VapidKey.Open(null, new FixedKeys(1, isShared: false), hasSeveralServers: true));
    }

    [Fact]
    public void A_key_of_the_operator_takes_its_place()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);

        using var vapid = VapidKey.Open(Written(key.ExportPkcs8PrivateKeyPem()), new FixedKeys(1, isShared: false), hasSeveralServers: true);

        Assert.Equal(Base64Url.EncodeToString(P256.PublicKeyOf(key.ExportParameters(false))), vapid!.PublicKey);
    }

    [Fact]
    public void A_file_that_cannot_be_used_is_refused_with_the_setting_s_name()
    {
        using var p384 = ECDsa.Create(ECCurve.NamedCurves.nistP384);
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var open = Written(key.ExportPkcs8PrivateKeyPem());
        File.SetUnixFileMode(open, UnixFileMode.UserRead | UnixFileMode.OtherRead);
        foreach (var path in new[] { Path.Combine(_folder, "none.pem"), Written("half a k"), Written(p384.ExportPkcs8PrivateKeyPem()), open })
        {
            var refusal = Assert.Throws<StorageException>(() => VapidKey.Open(path, new FixedKeys(1), hasSeveralServers: false));

            Assert.StartsWith($"Push:WebPush:KeyFile '{path}' ", refusal.Message, StringComparison.Ordinal);
        }
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private string Written(string text)
    {
        var path = Path.Combine(_folder, Path.GetRandomFileName());
        File.WriteAllText(path, text);
        File.SetUnixFileMode(path, UnixFileMode.UserRead);
        return path;
    }
}
