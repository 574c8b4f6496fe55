using Chat.EndToEnd.Tests.History;
using Chat.EndToEnd.Tests.Load;
using Chat.EndToEnd.Tests.Running;

namespace Chat.EndToEnd.Tests.Durability;

/// <summary>The tests with a <see cref="GroupLoad"/> are trusted to see a lost file, so here one is lost.</summary>
[Collection(HeavyTests.Name)]
public sealed class LostFilesTests
{
    [Fact]
    public async Task A_file_of_a_message_whose_bytes_are_gone_is_found()
    {
        await using var server = await ServerProcess.StartAsync();
        await using var load = await GroupLoad.StartAsync(server, senders: 10);
        await load.AckedMoreAsync(200, () => server.Output);

        foreach (var file in Directory.GetFiles(Path.Combine(server.DataDirectory, "media"), "*", SearchOption.AllDirectories))
            File.Delete(file);

        var (devices, views) = await load.FinishAsync();
        var violations = HistoryChecker.Check(devices, views);
        Assert.NotEmpty(violations);
        Assert.All(violations, violation => Assert.Equal(Rule.FileUnreadable, violation.Rule));
    }
}
