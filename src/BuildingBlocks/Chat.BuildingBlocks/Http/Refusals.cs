using Chat.BuildingBlocks.Errors;
using Microsoft.AspNetCore.Builder;

namespace Chat.BuildingBlocks.Http;

/// <summary>Endpoint metadata for the API's description: the refusals of the endpoint.</summary>
/// <param name="Codes">Of <see cref="ErrorCodes"/>; those that every call may get need not be listed.</param>
public sealed record Refusals(IReadOnlyList<string> Codes);

/// <summary>Endpoint metadata: refusals with a status of their own, which their code alone does not have.</summary>
public sealed record RefusalStatuses(IReadOnlyList<int> Statuses);

public static class RefusalMetadata
{
    /// <summary>Lists the refusals of an endpoint beside those of every call: <c>bad_request</c>, <c>unauthenticated</c>, rates, limits, faults.</summary>
    public static TBuilder Refuses<TBuilder>(this TBuilder endpoint, params string[] codes) where TBuilder : IEndpointConventionBuilder =>
        endpoint.WithMetadata(new Refusals(codes));

    /// <summary>Lists statuses of refusals that a protocol of others has for the endpoint.</summary>
    public static TBuilder RefusesWith<TBuilder>(this TBuilder endpoint, params int[] statuses) where TBuilder : IEndpointConventionBuilder =>
        endpoint.WithMetadata(new RefusalStatuses(statuses));
}
