using System.Globalization;
using System.Reflection;
using System.Text.Json.Nodes;
using Chat.BuildingBlocks.Errors;
using Chat.BuildingBlocks.Http;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.OpenApi;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.OpenApi;

namespace Chat.Host.Operations;

/// <summary>Describes every status that an operation may refuse with, and its body: problem details.</summary>
internal sealed class ApiRefusals : IOpenApiOperationTransformer
{
    private const string Problem = nameof(Problem);

    private static readonly int[] OfEveryCall =
        [StatusCodes.Status400BadRequest, StatusCodes.Status429TooManyRequests, StatusCodes.Status500InternalServerError, StatusCodes.Status503ServiceUnavailable];

    // A token may be no good, or of a device too many.
    private static readonly int[] OfEveryToken = [StatusCodes.Status401Unauthorized, StatusCodes.Status403Forbidden];

    private static readonly int[] OfEveryBody = [StatusCodes.Status413PayloadTooLarge, StatusCodes.Status415UnsupportedMediaType];

    public Task TransformAsync(OpenApiOperation operation, OpenApiOperationTransformerContext context, CancellationToken cancellationToken)
    {
        var document = context.Document!;
        document.AddComponent(Problem, ProblemSchema());
        var metadata = context.Description.ActionDescriptor.EndpointMetadata;
        var isOpen = metadata.OfType<IAllowAnonymous>().Any();
        if (isOpen)
            operation.Security = [];
        IEnumerable<int> statuses =
        [
            .. OfEveryCall, .. operation.RequestBody is null ? [] : OfEveryBody, .. isOpen ? [] : OfEveryToken,
            .. metadata.OfType<Refusals>().SelectMany(refusals => refusals.Codes).Select(HttpErrors.StatusOf),
            .. metadata.OfType<RefusalStatuses>().SelectMany(refusals => refusals.Statuses),
        ];
        operation.Responses ??= [];
        foreach (var status in statuses.Distinct().Order())
            operation.Responses[status.ToString(CultureInfo.InvariantCulture)] = Refusal(status, document);
        return Task.CompletedTask;
    }

    private static OpenApiResponse Refusal(int status, OpenApiDocument document) => new()
    {
        Description = ReasonPhrases.GetReasonPhrase(status),
        Content = new Dictionary<string, OpenApiMediaType>
        {
            ["application/problem+json"] = new OpenApiMediaType { Schema = new OpenApiSchemaReference(Problem, document) },
        },
    };

    private static OpenApiSchema ProblemSchema() => new()
    {
        Type = JsonSchemaType.Object,
        Description = "RFC 9457. The code is stable, the title is for people.",
        Required = new HashSet<string> { "title", "status", "code" },
        Properties = new Dictionary<string, IOpenApiSchema>
        {
            ["type"] = new OpenApiSchema { Type = JsonSchemaType.String },
            ["title"] = new OpenApiSchema { Type = JsonSchemaType.String },
            ["status"] = new OpenApiSchema { Type = JsonSchemaType.Integer },
            ["code"] = new OpenApiSchema { Type = JsonSchemaType.String, Enum = [.. Codes()] },
        },
    };

    private static IEnumerable<JsonNode> Codes() => typeof(ErrorCodes).GetFields(BindingFlags.Public | BindingFlags.Static)
        .Select(code => (JsonNode)(string)code.GetRawConstantValue()!);
}
