using Mono.Cecil;
using NetArchTest.Rules;

namespace Chat.Architecture.Tests.Rules;

/// <summary>
/// Selects the types that use one of some types or namespaces, in their shape or in their code. NetArchTest's own HaveDependencyOnAny
/// (1.3.2) sees nothing of a lambda's body, which is where our adapters do their work, and takes a name for all that begin with it.
/// </summary>
internal sealed class DependsOn(params IReadOnlyList<string> names) : ICustomRule
{
    public bool MeetsRule(TypeDefinition type) => UsedBy(type).SelectMany(Parts).Any(used => names.Any(name => IsOrIsIn(used.FullName, name)));

    private static bool IsOrIsIn(string used, string name) =>
        used.StartsWith(name, StringComparison.Ordinal) && (used.Length == name.Length || used[name.Length] is '.' or '/' or '`');

    // Lambdas, iterators and async methods are nested types of their class, and nested again.
    private static IEnumerable<TypeReference?> UsedBy(TypeDefinition type) =>
    [
        type.BaseType,
        .. type.CustomAttributes.Select(attribute => attribute.AttributeType),
        .. type.Interfaces.Select(one => one.InterfaceType),
        .. type.Fields.Select(field => field.FieldType),
        .. type.Methods.SelectMany(UsedBy),
        .. type.NestedTypes.SelectMany(UsedBy),
    ];

    private static IEnumerable<TypeReference?> UsedBy(MethodDefinition method) =>
    [
        method.ReturnType,
        .. method.CustomAttributes.Select(attribute => attribute.AttributeType),
        .. method.Parameters.Select(parameter => parameter.ParameterType),
        .. method.GenericParameters.SelectMany(parameter => parameter.Constraints).Select(constraint => constraint.ConstraintType),
        .. method.HasBody ? method.Body.Variables.Select(variable => variable.VariableType) : [],
        .. method.HasBody ? method.Body.Instructions.SelectMany(instruction => UsedBy(instruction.Operand)) : [],
    ];

    private static IEnumerable<TypeReference?> UsedBy(object operand) => operand switch
    {
        TypeReference type => [type],
        FieldReference field => [field.DeclaringType, field.FieldType],
        GenericInstanceMethod method => [method.DeclaringType, method.ReturnType, .. method.GenericArguments],
        MethodReference method => [method.DeclaringType, method.ReturnType],
        _ => [],
    };

    private static IEnumerable<TypeReference> Parts(TypeReference? type) => type switch
    {
        null => [],
        GenericInstanceType generic => [generic.ElementType, .. generic.GenericArguments.SelectMany(Parts)],
        TypeSpecification wrapped => Parts(wrapped.ElementType),
        _ => [type],
    };
}
