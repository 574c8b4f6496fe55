using Chat.BuildingBlocks.Storage.Redis;
using Chat.Testing;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;

namespace Chat.BuildingBlocks.Storage.Tests.Redis;

/// <summary>Clients as the host has them.</summary>
internal static class RedisClients
{
    public static RedisScript Count { get; } = new("test", typeof(RedisClients).Assembly, "count.lua");

    public static Task<RedisClient> StartAsync(RedisServer server, TestMeters meters, ILoggerFactory? logs = null) =>
        StartAsync(new RedisOptions { ConnectionString = server.Address }, meters, logs);

    public static async Task<RedisClient> StartAsync(RedisOptions options, TestMeters meters, ILoggerFactory? logs = null, TimeProvider? clock = null)
    {
        var client = new RedisClient(Options.Create(options), meters, clock ?? TimeProvider.System, logs ?? NullLoggerFactory.Instance);
        try
        {
            await client.StartingAsync(TestContext.Current.CancellationToken);
            return client;
        }
        catch
        {
            await client.DisposeAsync();
            throw;
        }
    }

    /// <summary>Adds to a count.</summary>
    /// <returns>The count then.</returns>
    public static async Task<long> CountAsync(this RedisClient client, string name = "{test}")
    {
        var result = await client.RunAsync(Count, [client.KeyOf(name)], [1]);
        return (long)result[0];
    }

    /// <summary>The same, false where Redis does not do it.</summary>
    public static async Task<bool> TryCountAsync(this RedisClient client, string name = "{test}")
    {
        try
        {
            return await client.CountAsync(name) > 0;
        }
        catch (Chat.BuildingBlocks.Errors.StoreUnavailableException)
        {
            return false;
        }
    }
}
