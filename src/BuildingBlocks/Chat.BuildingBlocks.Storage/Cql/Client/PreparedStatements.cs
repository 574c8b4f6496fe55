using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;

namespace Chat.BuildingBlocks.Storage.Cql.Client;

/// <summary>What was prepared, by its text. A node that does not know a statement says so, and is told then.</summary>
internal sealed class PreparedStatements(ILogger log)
{
    private const int MaxStatements = 4096;

    private readonly ConcurrentDictionary<string, Prepared> _byText = new(StringComparer.Ordinal);

    public Prepared? Find(string cql) => _byText.GetValueOrDefault(cql);

    /// <summary>Keeps it in place of what was known of the same text.</summary>
    public void Keep(Prepared prepared)
    {
        if (_byText.Count >= MaxStatements)
        {
            log.TooManyStatements(MaxStatements);
            _byText.Clear();
        }
        _byText[prepared.Cql] = prepared;
    }
}
