using Chat.BuildingBlocks.Errors;
using MediatR;

namespace Chat.BuildingBlocks.Mediation;

/// <summary>A request that counts against its device's rate.</summary>
public interface IRateLimited
{
    Ids.DeviceAddress From { get; }

    RateClass Rate { get; }

    /// <summary>How many requests it counts as; 1 or more.</summary>
    int Cost => 1;
}

/// <summary>Refuses requests over their device's rate with <c>rate_limited</c>, before anything else is done.</summary>
internal sealed class RateLimitBehaviour<TRequest, TResponse>(DeviceRates rates)
    : IPipelineBehavior<TRequest, TResponse> where TRequest : IRateLimited where TResponse : IResult<TResponse>
{
    public Task<TResponse> Handle(TRequest request, CancellationToken ct, RequestHandlerDelegate<TResponse> next) =>
        rates.Admit(request.From, request.Rate, request.Cost) is { } refusal ? Task.FromResult(TResponse.Refused(refusal)) : next();
}
