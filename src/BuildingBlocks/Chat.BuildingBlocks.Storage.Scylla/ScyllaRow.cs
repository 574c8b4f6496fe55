using Cassandra;
using Chat.BuildingBlocks.Storage.Cql;
using Chat.BuildingBlocks.Text;

namespace Chat.BuildingBlocks.Storage.Scylla;

internal sealed class ScyllaRow(Row row) : CqlRow
{
    public override bool IsNull(int column) => row.IsNull(column);

    public override T Get<T>(int column)
    {
        if (row.IsNull(column))
            return default(T) is null ? default! : throw new InvalidOperationException($"Column {column} is null.");
        try
        {
            return typeof(T) switch
            {
                var type when type == typeof(ReadOnlyMemory<byte>) => (T)(object)new ReadOnlyMemory<byte>(row.GetValue<byte[]>(column)),
                var type when type == typeof(Utf8Text) => (T)(object)Utf8Text.Of(row.GetValue<string>(column)),
                var type when type == typeof(IReadOnlyList<string>) => List<string, T>(column),
                var type when type == typeof(IReadOnlyList<long>) => List<long, T>(column),
                var type when type == typeof(IReadOnlyList<int>) => List<int, T>(column),
                var type when type == typeof(IReadOnlyList<Guid>) => List<Guid, T>(column),
                _ => row.GetValue<T>(column),
            };
        }
        catch (Exception e) when (e is DriverException or ArgumentException)
        {
            throw new InvalidCastException($"Column {column} is not of type {typeof(T).Name}.", e);
        }
    }

    private T List<TItem, T>(int column) => (T)(object)row.GetValue<IEnumerable<TItem>>(column).ToList();
}
