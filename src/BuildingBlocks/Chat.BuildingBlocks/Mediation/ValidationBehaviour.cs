using Chat.BuildingBlocks.Errors;
using FluentValidation;
using MediatR;

namespace Chat.BuildingBlocks.Mediation;

/// <summary>Refuses a command that its validator rejects, with the text and code of the first failure (<c>bad_request</c> unless the rule names another).</summary>
internal sealed class ValidationBehaviour<TRequest, TResponse>(IEnumerable<IValidator<TRequest>> validators)
    : IPipelineBehavior<TRequest, TResponse> where TResponse : IResult<TResponse>
{
    // A command has one validator at most. Looked up once: behaviours are singletons.
    private readonly IValidator<TRequest>? _validator = validators.SingleOrDefault();

    public Task<TResponse> Handle(TRequest request, CancellationToken ct, RequestHandlerDelegate<TResponse> next)
    {
        if (_validator is null)
            return next();
        var failures = _validator.Validate(request).Errors;
        if (failures.Count == 0)
            return next();
        var code = failures[0].CustomState as string ?? ErrorCodes.BadRequest;
        return Task.FromResult(TResponse.Refused(new Error(code, failures[0].ErrorMessage)));
    }
}
