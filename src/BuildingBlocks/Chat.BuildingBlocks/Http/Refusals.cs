using Chat.BuildingBlocks.Errors;
using Microsoft.AspNetCore.Builder;

namespace Chat.BuildingBlocks.Http;

/// <summary>What an endpoint may refuse with, for the API's description: metadata.</summary>
/// <param name="Codes">Of <see cref="ErrorCodes"/>; what every call may meet need not be among them.</param>
public sealed record Refusals(IReadOnlyList<string> Codes);

public static class RefusalMetadata
{
    /// <summary>Says what an endpoint may refuse with beside what its shape tells: <c>bad_request</c>, <c>unauthenticated</c>, rates, limits, faults.</summary>
    public static TBuilder Refuses<TBuilder>(this TBuilder endpoint, params string[] codes) where TBuilder : IEndpointConventionBuilder =>
        endpoint.WithMetadata(new Refusals(codes));
}
