using System.Reflection;
using System.Text.RegularExpressions;
using Chat.Modules.Delivery.Contracts;
using MediatR;

namespace Chat.Architecture.Tests.Rules;

/// <summary>What types are like, and what they are called.</summary>
internal static partial class ShapeRules
{
    /// <summary>A class is sealed, or abstract to be derived from.</summary>
    public static Verdict ClassesAreSealed(IReadOnlyList<Assembly> assemblies) => Verdict.On(
        assemblies.WrittenTypes().Where(type => type.IsClass), type => type.IsSealed || type.IsAbstract);

    /// <summary>Contracts are public, and records, enums, interfaces, server events or a static class of errors.</summary>
    public static Verdict ContractsAreRecordsAndPorts(IReadOnlyList<Assembly> contracts) => Verdict.On(
        contracts.WrittenTypes().Where(type => !type.IsNestedPrivate),
        type => type.IsVisible
            && (type.IsEnum || type.IsInterface || IsRecord(type) || typeof(ServerEvent).IsAssignableFrom(type)
                || type.IsStatic() && type.Name.EndsWith("Errors", StringComparison.Ordinal)));

    /// <summary>A handler is named for (one of) its requests.</summary>
    public static Verdict HandlersAreNamedForTheirRequest(IReadOnlyList<Assembly> assemblies) => Verdict.On(
        assemblies.WrittenTypes().Where(type => type.IsClass && type.Closed(typeof(IRequestHandler<,>)).Any()),
        type => type.Closed(typeof(IRequestHandler<,>)).Any(handler => type.Name == handler.GenericTypeArguments[0].Name + "Handler"));

    /// <summary>A subscriber is named for what it does On its event; one of several events On what they have in common.</summary>
    public static Verdict SubscribersAreNamedForWhatTheyDo(IReadOnlyList<Assembly> assemblies) => Verdict.On(
        assemblies.WrittenTypes().Where(type => type.IsClass && type.Closed(typeof(INotificationHandler<>)).Any()),
        type => type.Closed(typeof(INotificationHandler<>)).ToList() is [var only]
            ? type.Name.EndsWith("On" + only.GenericTypeArguments[0].Name, StringComparison.Ordinal) && !type.Name.StartsWith("On", StringComparison.Ordinal)
            : DoesSomethingOnSomething().IsMatch(type.Name));

    /// <summary>No name ends in a word that would fit any class.</summary>
    public static Verdict NamesSaySomething(IReadOnlyList<Assembly> assemblies) => Verdict.On(
        assemblies.WrittenTypes(), type => !SaysNothing().IsMatch(type.Name));

    private static bool IsRecord(Type type) =>
        type.GetMethod("PrintMembers", BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.DeclaredOnly) is not null;

    [GeneratedRegex("^[A-Z].*On[A-Z]")]
    private static partial Regex DoesSomethingOnSomething();

    [GeneratedRegex("(Manager|Helpers?|Util(s|ity|ities)?|Data|Info|Dto)(`[0-9]+)?$")]
    private static partial Regex SaysNothing();
}
