using System.Reflection;
using Chat.BuildingBlocks.Mediation;
using Chat.BuildingBlocks.Modules;
using NetArchTest.Rules;

namespace Chat.Architecture.Tests.Rules;

/// <summary>Who may know whom.</summary>
internal static class BoundaryRules
{
    private static readonly string[] StorageClients = ["Microsoft.Data.Sqlite", "Dapper", "RocksDbSharp", "StackExchange.Redis", "Cassandra", "Amazon"];
    private static readonly string[] AdapterNames = ["Sqlite", "Rocks", "Redis", "Cql", "S3"];

    private static readonly string[] HostsOwn =
    [
        "Microsoft.AspNetCore.SignalR", "Microsoft.AspNetCore.Connections", "Microsoft.AspNetCore.WebSockets", "Microsoft.AspNetCore.Server",
        "Microsoft.AspNetCore.Http.WebSocketManager", "System.Net.WebSockets", "Serilog",
    ];

    /// <summary>A module references BuildingBlocks, its own Contracts and other modules' Contracts, and nothing else of the house.</summary>
    public static Verdict ModulesReferenceContractsOnly(IReadOnlyList<Assembly> modules) => Verdict.On(
        from module in modules
        from reference in Assemblies.ReferencesOf(module)
        where reference.StartsWith("Chat.", StringComparison.Ordinal)
        select (module, reference),
        one => IsBuildingBlock(one.reference) || one.reference.EndsWith(Assemblies.ContractsSuffix, StringComparison.Ordinal),
        one => $"{one.module.NameOf()} → {one.reference}");

    /// <summary>Contracts stand on Chat.BuildingBlocks, other Contracts, MediatR (which the bases of their messages bring) and .NET: no storage, no web.</summary>
    public static Verdict ContractsReferenceContractsOnly(IReadOnlyList<Assembly> contracts) => Verdict.On(
        from assembly in contracts
        from reference in Assemblies.ReferencesOf(assembly)
        select (assembly, reference),
        one => one.reference is "Chat.BuildingBlocks" or "MediatR" || one.reference.StartsWith("System.", StringComparison.Ordinal)
            || one.reference.StartsWith(Assemblies.ModulePrefix, StringComparison.Ordinal)
                && one.reference.EndsWith(Assemblies.ContractsSuffix, StringComparison.Ordinal),
        one => $"{one.assembly.NameOf()} → {one.reference}");

    /// <summary>BuildingBlocks know no module and no host.</summary>
    public static Verdict BuildingBlocksKnowNoModule(IReadOnlyList<Assembly> blocks) => Verdict.On(
        from block in blocks
        from reference in Assemblies.ReferencesOf(block)
        select (block, reference),
        one => !one.reference.StartsWith("Chat.", StringComparison.Ordinal) || IsBuildingBlock(one.reference),
        one => $"{one.block.NameOf()} → {one.reference}");

    /// <summary>A module exports its module class alone, named for it.</summary>
    public static Verdict ModulesExportTheirModuleOnly(IReadOnlyList<Assembly> modules) => Verdict.On(
        modules.SelectMany(module => module.GetExportedTypes()),
        type => typeof(IModule).IsAssignableFrom(type) && type.Name == type.Assembly.NameOf()[Assemblies.ModulePrefix.Length..] + "Module");

    /// <summary>The clients of databases are known in the types named for them, and what is nested there.</summary>
    public static Verdict StorageClientsAreInAdapters(IReadOnlyList<Assembly> assemblies) => Verdict.On(
        Types.InAssemblies(assemblies).That().MeetCustomRule(new DependsOn(StorageClients)).GetTypes().Select(Assemblies.Outermost),
        type => AdapterNames.Any(name => type.Name.StartsWith(name, StringComparison.Ordinal)));

    /// <summary>SignalR, sockets, Kestrel and Serilog are the host's.</summary>
    public static Verdict TransportsAreTheHosts(IReadOnlyList<Assembly> assemblies)
    {
        var knowing = Types.InAssemblies(assemblies).That().MeetCustomRule(new DependsOn(HostsOwn)).GetTypes().Select(Assemblies.Outermost).ToHashSet();
        return Verdict.On(assemblies.WrittenTypes(), type => !knowing.Contains(type.Outermost()));
    }

    /// <summary>A module asks another by a query and changes it by an event; its commands are for the transports.</summary>
    public static Verdict ModulesSendNoCommandOfAnother(IReadOnlyList<Assembly> modules, IReadOnlyList<Assembly> contracts)
    {
        var commands = contracts.WrittenTypes().Where(type => type.Closed(typeof(ICommand<>)).Any()).ToLookup(type => type.Assembly.NameOf());
        var sending = modules.SelectMany(module =>
        {
            var others = commands.Where(of => of.Key != module.NameOf() + Assemblies.ContractsSuffix).SelectMany(of => of);
            return Types.InAssembly(module).That().MeetCustomRule(new DependsOn([.. others.Select(command => command.FullName!)])).GetTypes();
        }).Select(Assemblies.Outermost).ToHashSet();
        return Verdict.On(commands.Count == 0 ? [] : modules.WrittenTypes(), type => !sending.Contains(type.Outermost()));
    }

    /// <summary>Connections are reached through Receivers; the table is known besides where connections come and go, and to the module.</summary>
    public static Verdict ConnectionsAreReachedThroughReceivers(IReadOnlyList<Assembly> modules)
    {
        var tables = modules.WrittenTypes().Where(type => type.Name == "ConnectionTable").ToList();
        return Verdict.On(
            Types.InAssemblies(modules).That().MeetCustomRule(new DependsOn([.. tables.Select(table => table.FullName!)])).GetTypes().Select(Assemblies.Outermost),
            type => type.Name is "ConnectionTable" or "Receivers" or "ConnectionAcceptor" || typeof(IModule).IsAssignableFrom(type));
    }

    /// <summary>
    /// An interface has no bool that each of its adapters answers with a constant: such a bool only says which adapter is in use, and that is decided at
    /// registration.
    /// </summary>
    public static Verdict PortsDoNotSayWhichAdapterIsInUse(IReadOnlyList<Assembly> assemblies)
    {
        var classes = assemblies.WrittenTypes().Where(type => type is { IsClass: true, IsAbstract: false }).ToList();
        return Verdict.On(
            from port in assemblies.WrittenTypes()
            where port is { IsInterface: true, IsGenericType: false }
            let adapters = classes.Where(port.IsAssignableFrom).ToList()
            where adapters.Count > 1
            from asked in port.GetMethods()
            where asked.ReturnType == typeof(bool)
            select (port, asked, adapters),
            one => one.adapters.Exists(adapter => !AnswersWithAConstant(adapter, one.asked)),
            one => $"{one.port.Name}.{one.asked.Name.Replace("get_", "", StringComparison.Ordinal)}");
    }

    // ldc.i4.0 or ldc.i4.1, and ret (ECMA-335 III).
    private static bool AnswersWithAConstant(Type adapter, MethodInfo asked)
    {
        var map = adapter.GetInterfaceMap(asked.DeclaringType!);
        return map.TargetMethods[Array.IndexOf(map.InterfaceMethods, asked)].GetMethodBody()?.GetILAsByteArray() is [0x16 or 0x17, 0x2A];
    }

    private static bool IsBuildingBlock(string name) => name.StartsWith("Chat.BuildingBlocks", StringComparison.Ordinal);
}
