using Chat.BuildingBlocks.Mediation;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;

namespace Chat.BuildingBlocks.Http;

/// <summary>Endpoint metadata: calls count against the command rate of the caller's device. For endpoints that send no command through the mediator, which counts those.</summary>
public sealed class DeviceRated
{
    public static DeviceRated Metadata { get; } = new();

    /// <summary>Refuses a call before its body is read.</summary>
    public static Task LimitAsync(HttpContext context, RequestDelegate next) =>
        context.GetEndpoint()?.Metadata.GetMetadata<DeviceRated>() is not null && Caller.From(context.User) is { } caller
            && context.RequestServices.GetRequiredService<DeviceRates>().Admit(caller.Device, RateClass.Other) is { } refusal
            ? HttpErrors.ToProblem(refusal).ExecuteAsync(context)
            : next(context);
}
