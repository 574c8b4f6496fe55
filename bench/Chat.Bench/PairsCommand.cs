using Chat.Bench.Load;
using Chat.Bench.Servers;

namespace Chat.Bench;

/// <summary>One load on one server.</summary>
internal static class PairsCommand
{
    /// <returns>0 when all that was sent arrived, else 1.</returns>
    public static async Task<int> RunAsync(Arguments arguments, CancellationToken ct)
    {
        var options = LoadOptions.From(arguments);
        var json = arguments.Text("--json");
        using var tls = arguments.Flag("--tls") ? new TestCertificate() : null;
        await using var server = await Server.FromAsync(arguments, tls, ct);

        var result = await LoadRun.RunAsync(options, server, ct);
        Console.Write(result);
        await ResultJson.WriteAsync(json, [result], ct);
        return result.IsClean ? 0 : 1;
    }
}
