using System.Reflection;
using Chat.BuildingBlocks.Modules;
using Chat.BuildingBlocks.Nodes;
using Chat.BuildingBlocks.Storage;
using Chat.Host;

namespace Chat.Architecture.Tests;

/// <summary>What the rules are for.</summary>
internal static class TheHouse
{
    public static IReadOnlyList<IModule> RunningModules => ChatModules.All;

    public static IReadOnlyList<Assembly> Modules { get; } = [.. ChatModules.All.Select(module => module.GetType().Assembly)];

    public static IReadOnlyList<Assembly> Contracts { get; } = [.. Modules.Select(Assemblies.ContractsOf)];

    public static IReadOnlyList<Assembly> BuildingBlocks { get; } = [typeof(IModule).Assembly, typeof(DataDirectory).Assembly, typeof(INodes).Assembly];

    public static IReadOnlyList<Assembly> AllButHost { get; } = [.. BuildingBlocks, .. Contracts, .. Modules];

    public static IReadOnlyList<Assembly> All { get; } = [.. AllButHost, typeof(ChatModules).Assembly];

    public static string Root { get; } = FindRoot(new DirectoryInfo(AppContext.BaseDirectory));

    public static IReadOnlyList<string> SourceFolders { get; } =
        [.. Directory.GetDirectories(Root).Where(folder => Path.GetFileName(folder)[0] != '.')];

    // The folder of Chat.sln.
    private static string FindRoot(DirectoryInfo folder) =>
        File.Exists(Path.Combine(folder.FullName, "Chat.sln")) ? folder.FullName
        : folder.Parent is { } parent ? FindRoot(parent)
        : throw new InvalidOperationException("No Chat.sln above the tests.");
}
