using Chat.BuildingBlocks.Ids;

namespace Chat.Modules.Media.Tests.Ids;

public sealed class MediaIdTests
{
    [Fact]
    public void Is_written_and_read_in_one_form()
    {
        var id = MediaId.New(DateTimeOffset.UnixEpoch.AddDays(20_000));
        Assert.Equal(id, MediaId.Parse(id.ToString()));
        Assert.False(MediaId.TryParse($" {id}", null, out _));
        Assert.False(MediaId.TryParse(id.Value.ToString("N"), null, out _));
    }
}
