namespace Chat.Bench.Attacks;

/// <summary>Hostile clients, each bounded in number and time, against a host of its own on this machine. Each prints the figures that it saw.</summary>
internal static class AttackCommand
{
    private static readonly Dictionary<string, Func<Arguments, CancellationToken, Task<int>>> _attacks = new(StringComparer.Ordinal)
    {
        ["appends-held"] = AppendsHeld.RunAsync,
        ["descriptors"] = DescriptorsAttack.RunAsync,
        ["feeds"] = FeedsAttack.RunAsync,
        ["flood"] = FloodAttack.RunAsync,
        ["list"] = ListAttack.RunAsync,
        ["pages"] = PagesAttack.RunAsync,
        ["presence"] = PresenceAttack.RunAsync,
    };

    public static Task<int> RunAsync(ReadOnlySpan<string> args, CancellationToken ct) =>
        args.Length > 0 && _attacks.TryGetValue(args[0], out var attack)
            ? attack(new Arguments(args[1..]), ct)
            : throw new ArgumentException($"attack takes one of: {string.Join(", ", _attacks.Keys)}.");
}
