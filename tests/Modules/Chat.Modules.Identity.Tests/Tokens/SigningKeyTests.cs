using System.Security.Cryptography;
using Chat.BuildingBlocks.Storage;
using Chat.Modules.Identity.Tokens;
using Microsoft.Extensions.Options;

namespace Chat.Modules.Identity.Tests.Tokens;

public sealed class SigningKeyTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("chat-test-").FullName;
    private readonly DataDirectory _data;

    public SigningKeyTests() => _data = new DataDirectory(Options.Create(new StorageOptions { DataDirectory = _folder }));

    private string Path => _data.PathOf("signing-key.pem");

    [Fact]
    public void A_key_is_made_once_for_its_owner_alone()
    {
        using var made = new SigningKey(_data);
        using var found = new SigningKey(_data);

        Assert.Equal(made.SecurityKey.KeyId, found.SecurityKey.KeyId);
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(Path));
        Assert.Equal(["chat.lock", "signing-key.pem"], Directory.GetFiles(_folder).Select(System.IO.Path.GetFileName).Order());
    }

    [Fact]
    public void What_a_crash_left_is_replaced()
    {
        File.WriteAllText(Path + ".new", "half a k");

        using var key = new SigningKey(_data);

        Assert.False(File.Exists(Path + ".new"));
    }

    [Theory]
    [InlineData(UnixFileMode.GroupRead)]
    [InlineData(UnixFileMode.OtherRead)]
    public void A_key_that_others_may_read_is_refused(UnixFileMode more)
    {
        new SigningKey(_data).Dispose();
        File.SetUnixFileMode(Path, File.GetUnixFileMode(Path) | more);

        var refusal = Assert.Throws<StorageException>(() => new SigningKey(_data));

        Assert.Contains("may be read by other users", refusal.Message, StringComparison.Ordinal);
        Assert.Contains(Path, refusal.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(UnixFileMode.UserRead | UnixFileMode.OtherRead)]
    [InlineData(UnixFileMode.UserRead)]
    public void A_key_that_the_operator_keeps_is_never_to_be_deleted(UnixFileMode mode)
    {
        var kept = System.IO.Path.Combine(_folder, "kept.pem");
        File.WriteAllText(kept, "half a k");
        File.SetUnixFileMode(kept, mode);

        var refusal = Assert.Throws<StorageException>(() => new SigningKey(kept));

        Assert.DoesNotContain("elete", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void What_is_no_private_key_of_the_curve_is_refused()
    {
        using var another = ECDsa.Create(ECCurve.NamedCurves.nistP384);
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var rsa = RSA.Create(2048);
        foreach (var text in new[] { "", "half a k", another.ExportPkcs8PrivateKeyPem(), key.ExportSubjectPublicKeyInfoPem(), rsa.ExportPkcs8PrivateKeyPem() })
        {
            new SigningKey(Fresh()).Dispose();
            File.WriteAllText(Path, text);

            var refusal = Assert.Throws<StorageException>(() => new SigningKey(_data));

            Assert.Contains("damaged or not an EC P-256 private key", refusal.Message, StringComparison.Ordinal);
        }

        DataDirectory Fresh()
        {
            File.Delete(Path);
            return _data;
        }
    }

    public void Dispose()
    {
        _data.Dispose();
        Directory.Delete(_folder, recursive: true);
    }
}
