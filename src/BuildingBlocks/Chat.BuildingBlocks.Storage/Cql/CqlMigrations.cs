using System.Globalization;
using System.Reflection;

namespace Chat.BuildingBlocks.Storage.Cql;

/// <summary>
/// A module's tables: CQL files embedded as <c>….cql.NNNN-name.cql</c>, applied once each in the order of their numbers by
/// <see cref="CqlSchema"/>. Forward only and additive, so that the version before still runs on the result, and beside it.
/// </summary>
/// <remarks>
/// A statement ends with a <c>;</c> at the end of a line. A server may die within a file, and the next one runs the whole file again: so each statement
/// must do nothing when it was done already. Use <c>IF NOT EXISTS</c>. Add each column by an <c>ALTER TABLE t ADD c type</c> of its own, which is skipped
/// where the column exists.
/// </remarks>
/// <param name="module">The owner's name; its tables begin with it.</param>
/// <param name="assembly">Where the files are embedded.</param>
/// <exception cref="ArgumentException">Two files have one number.</exception>
public sealed class CqlMigrations(string module, Assembly assembly)
{
    public string Module => module;

    /// <summary>By rising version. Two files of one version would be a mistake: where one was applied, the other never would be.</summary>
    internal IReadOnlyList<CqlMigration> Files { get; } =
        [.. assembly.GetManifestResourceNames()
            .Where(name => name.Contains(".cql.", StringComparison.Ordinal) && name.EndsWith(".cql", StringComparison.Ordinal))
            .Select(name => new CqlMigration(
                module, int.Parse(name.Split(".cql.")[1].AsSpan(0, 4), CultureInfo.InvariantCulture), name.Split(".cql.")[1],
                () => assembly.GetManifestResourceStream(name)!))
            .ToDictionary(file => file.Version).Values
            .OrderBy(file => file.Version)];
}

/// <summary>One file of a module's.</summary>
/// <param name="Version">What it brings the module's tables to.</param>
/// <param name="Name"><c>NNNN-name.cql</c>.</param>
internal sealed record CqlMigration(string Module, int Version, string Name, Func<Stream> Open)
{
    /// <summary>Its statements in order, without the lines that are comments.</summary>
    public IReadOnlyList<string> ReadStatements()
    {
        var statements = new List<string>();
        var lines = new List<string>();
        using var reader = new StreamReader(Open());
        while (reader.ReadLine() is { } line)
        {
            if (string.IsNullOrWhiteSpace(line) || line.TrimStart().StartsWith("--", StringComparison.Ordinal))
                continue;
            lines.Add(line);
            if (line.TrimEnd().EndsWith(';'))
                EndStatement();
        }
        if (lines.Count > 0)
            EndStatement();
        return statements;

        void EndStatement()
        {
            statements.Add(string.Join('\n', lines).TrimEnd().TrimEnd(';'));
            lines.Clear();
        }
    }
}
