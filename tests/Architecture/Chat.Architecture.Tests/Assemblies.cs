using System.CodeDom.Compiler;
using System.Reflection;
using System.Runtime.CompilerServices;

namespace Chat.Architecture.Tests;

/// <summary>Assemblies and their types, as the rules look at them.</summary>
internal static class Assemblies
{
    public const string ContractsSuffix = ".Contracts";
    public const string ModulePrefix = "Chat.Modules.";

    public static string NameOf(this Assembly assembly) => assembly.GetName().Name!;

    /// <summary>The Contracts beside a module.</summary>
    public static Assembly ContractsOf(Assembly module) => Assembly.Load(module.NameOf() + ContractsSuffix);

    public static IEnumerable<string> ReferencesOf(Assembly assembly) => assembly.GetReferencedAssemblies().Select(reference => reference.Name!);

    /// <summary>The types that somebody wrote, nested ones too: without what compiler and generators add.</summary>
    public static IEnumerable<Type> WrittenTypes(this IEnumerable<Assembly> assemblies) =>
        assemblies.SelectMany(assembly => assembly.GetTypes()).Where(type =>
            type.Namespace?.StartsWith("Chat", StringComparison.Ordinal) == true
            && !type.FullName!.Contains('<', StringComparison.Ordinal)
            && !type.IsDefined(typeof(CompilerGeneratedAttribute)) && !type.IsDefined(typeof(GeneratedCodeAttribute)));

    public static Type Outermost(this Type type) => type.DeclaringType is { } outer ? outer.Outermost() : type;

    public static bool IsStatic(this Type type) => type is { IsAbstract: true, IsSealed: true };

    /// <summary>The closed forms of an open generic interface that a type implements.</summary>
    public static IEnumerable<Type> Closed(this Type type, Type openInterface) =>
        type.GetInterfaces().Where(one => one.IsGenericType && one.GetGenericTypeDefinition() == openInterface);
}
