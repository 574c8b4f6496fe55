using System.Diagnostics;
using System.Globalization;
using Chat.EndToEnd.Tests.Clients;
using Chat.EndToEnd.Tests.Running;

namespace Chat.EndToEnd.Tests.Media;

/// <summary>tus-js-client, which knows nothing of this server: tests/EndToEnd/tus/upload.js.</summary>
public sealed class ForeignTusClientTests
{
    private static string Folder => Path.Combine(Repository.Root, "tests", "EndToEnd", "tus");

    [Theory]
    [InlineData("Infinity")]
    [InlineData("5000000")]
    public async Task A_server_that_is_killed_in_the_middle_of_its_upload_has_the_whole_file_at_the_end(string chunk)
    {
        await Node.NeedAsync();
        await Node.InstallAsync(Folder);
        await using var server = await ServerProcess.StartAsync();
        var alice = await Account.RegisterAsync(server, Account.UniqueId("alice"));
        var bytes = new byte[64 * 1024 * 1024];
        new Random(1).NextBytes(bytes);
        var file = Path.Combine(server.DataDirectory, "file.bin");
        await File.WriteAllBytesAsync(file, bytes, TestContext.Current.CancellationToken);
        var lines = new List<string>();
        using var client = Process.Start(new ProcessStartInfo("node", ["upload.js", $"{server.Address}v1/media/tus", alice.AccessToken, file, "ä.bin", chunk])
        {
            WorkingDirectory = Folder,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
        var errors = client.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);

        var isKilled = false;
        string? mediaId = null;
        while (await client.StandardOutput.ReadLineAsync(TestContext.Current.CancellationToken) is { } line)
        {
            if (line.StartsWith("done ", StringComparison.Ordinal))
                mediaId = line["done ".Length..];
            else if (!isKilled && long.Parse(line["sent ".Length..], CultureInfo.InvariantCulture) > bytes.Length / 2)
            {
                isKilled = true;
                await server.KillHardAsync();
                await server.StartAgainAsync();
            }
        }

        Assert.True(isKilled && mediaId is not null, await errors);
        using var http = new HttpClient { BaseAddress = server.Address };
        http.DefaultRequestHeaders.Authorization = new("Bearer", alice.AccessToken);
        Assert.Equal(bytes, await http.GetByteArrayAsync(new Uri($"/v1/media/{mediaId}", UriKind.Relative), TestContext.Current.CancellationToken));
        Assert.Equal("ä.bin", (await alice.Rest.GetAsync($"/v1/media/{mediaId}/info")).Json.Text("name"));
    }
}
