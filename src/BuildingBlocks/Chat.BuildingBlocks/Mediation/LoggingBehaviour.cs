using Chat.BuildingBlocks.Errors;
using MediatR;
using Microsoft.Extensions.Logging;

namespace Chat.BuildingBlocks.Mediation;

/// <summary>Logs each refusal with the command's name and the code, never with what was in the command.</summary>
internal sealed class LoggingBehaviour<TRequest, TResponse>(ILogger<LoggingBehaviour<TRequest, TResponse>> log)
    : IPipelineBehavior<TRequest, TResponse> where TResponse : IResult<TResponse>
{
    public Task<TResponse> Handle(TRequest request, CancellationToken ct, RequestHandlerDelegate<TResponse> next) =>
        log.IsEnabled(LogLevel.Debug) ? ObserveAsync(next) : next();

    private async Task<TResponse> ObserveAsync(RequestHandlerDelegate<TResponse> next)
    {
        var response = await next();
        if (response.Error is { } error)
            log.Refused(typeof(TRequest).Name, error.Code);
        return response;
    }
}
