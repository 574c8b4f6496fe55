using System.Diagnostics.Metrics;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Chat.BuildingBlocks.Storage.Cql.Client;

/// <summary>This server's own client, unless it was built with another.</summary>
internal sealed class OwnCqlDriver(IOptions<CqlOptions> options, IMeterFactory meters, ILoggerFactory logs, TimeProvider clock) : ICqlDriver
{
    public async Task<ICqlSession> ConnectAsync(CancellationToken ct)
    {
        try
        {
            return await CqlSession.ConnectAsync(options.Value, meters, logs, clock, ct);
        }
        catch (Exception e) when (e is CqlException or FormatException)
        {
            throw new StorageException($"The database at Cql:ContactPoints '{options.Value.ContactPoints}' cannot be used: {e.Message}", e);
        }
    }
}
