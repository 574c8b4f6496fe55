using System.Globalization;

namespace Chat.Bench;

/// <summary>The options of a command line: <c>--name value</c>, or <c>--name</c> alone for a switch.</summary>
internal sealed class Arguments
{
    private readonly Dictionary<string, string?> options = new(StringComparer.Ordinal);
    private readonly HashSet<string> known = new(StringComparer.Ordinal);

    public Arguments(ReadOnlySpan<string> args)
    {
        for (var i = 0; i < args.Length; i++)
        {
            if (!args[i].StartsWith("--", StringComparison.Ordinal))
                throw new ArgumentException($"'{args[i]}' is not an option; see --help.");
            var hasValue = i + 1 < args.Length && !args[i + 1].StartsWith("--", StringComparison.Ordinal);
            options[args[i]] = hasValue ? args[++i] : null;
        }
    }

    public string? Text(string name) => Find(name, out var value) ? value ?? throw Missing(name) : null;

    public int Int(string name, int fallback, int min = 1) =>
        Text(name) is not { } text ? fallback
        : int.TryParse(text, CultureInfo.InvariantCulture, out var value) && value >= min ? value
        : throw new ArgumentException($"{name} is a whole number from {min}.");

    public bool Flag(string name, bool fallback = false) =>
        !Find(name, out var value) ? fallback
        : value is null ? true
        : bool.TryParse(value, out var parsed) ? parsed
        : throw new ArgumentException($"{name} is true or false.");

    public T OneOf<T>(string name, T fallback) where T : struct, Enum =>
        Text(name) is not { } text ? fallback
        : Enum.TryParse<T>(text, ignoreCase: true, out var value) && Enum.IsDefined(value) ? value
        : throw new ArgumentException($"{name} is one of: {string.Join(", ", Enum.GetNames<T>()).ToLowerInvariant()}.");

    /// <summary>Refuses options that no one asked for: a misspelt one must not be ignored. Call it after the last reading.</summary>
    public void RefuseUnknown()
    {
        foreach (var name in options.Keys)
        {
            if (!known.Contains(name))
                throw new ArgumentException($"Unknown option '{name}'; see --help.");
        }
    }

    private bool Find(string name, out string? value)
    {
        known.Add(name);
        return options.TryGetValue(name, out value);
    }

    private static ArgumentException Missing(string name) => new($"{name} needs a value.");
}
