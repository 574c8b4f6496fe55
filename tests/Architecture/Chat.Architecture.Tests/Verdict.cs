namespace Chat.Architecture.Tests;

/// <summary>What a rule found.</summary>
/// <param name="Selected">How many things it looked at: a rule that looks at nothing holds nothing.</param>
/// <param name="Offenders">Those that break it, by name, in order.</param>
internal sealed record Verdict(int Selected, IReadOnlyList<string> Offenders)
{
    public bool Holds => Selected > 0 && Offenders.Count == 0;

    public static Verdict On<T>(IEnumerable<T> selected, Func<T, bool> keeps, Func<T, string> name)
    {
        var all = selected.ToList();
        return new Verdict(all.Count, [.. all.Where(one => !keeps(one)).Select(name).Distinct().Order(StringComparer.Ordinal)]);
    }

    public static Verdict On(IEnumerable<Type> selected, Func<Type, bool> keeps) => On(selected, keeps, type => type.Name);

    public override string ToString() =>
        Selected == 0 ? "The rule selects nothing." : $"{Offenders.Count} of {Selected} break the rule: {string.Join(", ", Offenders)}";
}
