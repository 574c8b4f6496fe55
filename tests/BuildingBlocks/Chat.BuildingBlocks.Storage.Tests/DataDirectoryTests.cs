using System.Runtime.Versioning;

namespace Chat.BuildingBlocks.Storage.Tests;

public sealed class DataDirectoryTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void The_folder_is_made_for_this_user_alone()
    {
        using var data = TemporaryFolder.DataAt(_folder["new/data"]);

        Assert.Equal(_folder["new/data/chat.db"], data.PathOf("chat.db"));
        if (!OperatingSystem.IsWindows())
            Assert.Equal(
                UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute, File.GetUnixFileMode(_folder["new/data"]));
    }

    // A volume's root often belongs to somebody else and is lent by its group: to change its mode is neither allowed nor needed.
    [Fact]
    [UnsupportedOSPlatform("windows")]
    public void A_folder_that_exists_keeps_its_mode()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Windows has no modes.");
        const UnixFileMode lent = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute
            | UnixFileMode.GroupRead | UnixFileMode.GroupWrite | UnixFileMode.GroupExecute;
        File.SetUnixFileMode(_folder.Path, lent);

        using var data = _folder.OpenAsData();

        Assert.Equal(lent, File.GetUnixFileMode(_folder.Path));
    }

    [Fact]
    public void A_second_server_is_told_that_the_folder_is_in_use()
    {
        using var first = _folder.OpenAsData();

        var refused = Assert.Throws<StorageException>(_folder.OpenAsData);

        Assert.Contains(_folder.Path, refused.Message, StringComparison.Ordinal);
        Assert.Contains("Stop the server that uses it", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_closed_folder_can_be_opened_again()
    {
        _folder.OpenAsData().Dispose();

        _folder.OpenAsData().Dispose();
    }

    [Fact]
    public void A_path_that_is_a_file_is_refused_with_the_name_of_the_setting()
    {
        File.WriteAllText(_folder["file"], "");

        var refused = Assert.Throws<StorageException>(() => TemporaryFolder.DataAt(_folder["file/data"]));

        Assert.Contains("Storage:DataDirectory", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    [UnsupportedOSPlatform("windows")]
    public void A_folder_that_cannot_be_written_is_refused()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows() || Environment.IsPrivilegedProcess, "Nothing is forbidden to this user.");
        File.SetUnixFileMode(_folder.Path, UnixFileMode.UserRead | UnixFileMode.UserExecute);

        Assert.Throws<StorageException>(_folder.OpenAsData);
    }
}
