using Chat.BuildingBlocks.Errors;
using Chat.BuildingBlocks.Storage;
using Chat.BuildingBlocks.Storage.Moving;
#if CQL_SCYLLADB
using Chat.BuildingBlocks.Storage.Scylla;
#endif

namespace Chat.Host.Operations.Moving;

/// <summary>
/// <c>Chat.Host migrate --to cql</c>: moves the data directory into the cluster at <c>Cql:ContactPoints</c>. <c>Chat.Host migrate --back</c>: gives the
/// directory back to the embedded stores. No server may run on the directory.
/// </summary>
internal static class MigrateCommand
{
    private const string Usage =
        "Chat.Host migrate --to cql: moves the data directory into the cluster at Cql:ContactPoints. Chat.Host migrate --back: uses the data directory again. Settings follow, as for the server.";

    /// <returns>The process's exit code: 0 if all was done.</returns>
    public static async Task<int> RunAsync(string[] arguments)
    {
        switch (arguments)
        {
            case ["--to", "cql", .. var settings]:
                return await RunAsync(settings, async app => await (await app.Services.OpenMoveAsync()).RunAsync(Console.Out, CancellationToken.None));
            case ["--back", .. var settings]:
                return await RunAsync(settings, app => app.Services.GetRequiredService<MoveReturn>().RunAsync(Console.Out, CancellationToken.None));
            default:
                await Console.Error.WriteLineAsync(Usage);
                return 2;
        }
    }

    /// <summary>The stores and what the modules move; nothing that serves.</summary>
    /// <param name="settings">As the server takes them on its command line.</param>
    internal static WebApplication Build(string[] settings)
    {
        var builder = WebApplication.CreateBuilder(settings);
        RenamedSettings.Apply(builder.Configuration);
        builder.AddLogging();
#if CQL_SCYLLADB
        builder.Services.AddScyllaDriver();
#endif
        builder.Services.AddSingleton(TimeProvider.System).AddMove();
        foreach (var module in ChatModules.All)
            module.AddMove(builder.Services);
        return builder.Build();
    }

    private static async Task<int> RunAsync(string[] settings, Func<WebApplication, Task> run)
    {
        await using var app = Build(settings);
        try
        {
            await run(app);
            return 0;
        }
        catch (Exception e) when (e is StoreUnavailableException or StorageException || StartFailure.Explain(e) is not null)
        {
            await Console.Error.WriteLineAsync(e is StoreUnavailableException
                ? $"Not finished, as the database does not answer: {e.Message} Run the command again: it goes on where it was."
                : $"Not done: {StartFailure.Explain(e)}");
            return 1;
        }
    }
}
