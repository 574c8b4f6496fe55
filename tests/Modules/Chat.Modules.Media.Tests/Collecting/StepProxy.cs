using System.Reflection;

namespace Chat.Modules.Media.Tests.Collecting;

/// <summary>Each call of the object is a step of an <see cref="Interleaving"/>.</summary>
public class StepProxy : DispatchProxy
{
    private static readonly MethodInfo OfTask = typeof(StepProxy).GetMethods(BindingFlags.NonPublic | BindingFlags.Instance).Single(method => method is { Name: nameof(StepAsync), IsGenericMethod: true });

    private Interleaving _all = null!;
    private object _inner = null!;

    internal void Set(Interleaving all, object inner) => (_all, _inner) = (all, inner);

    protected override object? Invoke(MethodInfo? targetMethod, object?[]? args)
    {
        if (targetMethod!.ReturnType == typeof(Task))
            return StepAsync(targetMethod, args);
        return targetMethod.ReturnType is { IsGenericType: true } type && type.GetGenericTypeDefinition() == typeof(Task<>)
            ? OfTask.MakeGenericMethod(type.GenericTypeArguments).Invoke(this, [targetMethod, args])
            : targetMethod.Invoke(_inner, args);
    }

    private async Task StepAsync(MethodInfo method, object?[]? args)
    {
        await _all.PassAsync();
        await (Task)method.Invoke(_inner, args)!;
        await _all.PassAsync();
    }

    private async Task<T> StepAsync<T>(MethodInfo method, object?[]? args)
    {
        await _all.PassAsync();
        var answer = await (Task<T>)method.Invoke(_inner, args)!;
        await _all.PassAsync();
        return answer;
    }
}
