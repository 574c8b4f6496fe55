using System.Text.Json;

namespace Chat.BuildingBlocks.Storage.Cql;

/// <summary>
/// Refuses to start without <c>Cql:LocalDatacenter</c> when the keyspace is kept in several data centres. Servers in different ones would each decide
/// with the majority of their own (<see cref="CqlConsistency.LocalQuorum"/>), and see late or never what the others decided.
/// </summary>
internal static class CqlDatacenters
{
    /// <exception cref="StorageException"><c>Cql:LocalDatacenter</c> must be set.</exception>
    public static async Task CheckAsync(ICqlSession session, CqlOptions options, CancellationToken ct)
    {
        if (options.LocalDatacenter.Length > 0 || options.Consistency != CqlConsistency.LocalQuorum)
            return;
        // As JSON, since the port has no type for maps.
        var found = await session.ExecuteAsync(
            new CqlStatement("SELECT JSON replication FROM system_schema.keyspaces WHERE keyspace_name = ?", options.Keyspace), ct);
        if (found.Rows is not [var row] || Holding(row.Get<string>(0)) is not { Count: > 1 } datacenters)
            return;
        throw new StorageException(
            $"The keyspace {options.Keyspace} is kept in the data centres {string.Join(", ", datacenters)}: set Cql:LocalDatacenter, to the same one "
            + "for all servers, or Cql:Consistency to Quorum where they are in several.");
    }

    // {"replication": {"class": …, "dc1": "3", "dc2": "3"}}; the other strategies have replication_factor and no data centres.
    private static List<string> Holding(string json)
    {
        using var document = JsonDocument.Parse(json);
        return [.. document.RootElement.GetProperty("replication").EnumerateObject()
            .Where(entry => entry.Name is not ("class" or "replication_factor") && entry.Value.ToString() != "0")
            .Select(entry => entry.Name)];
    }
}
