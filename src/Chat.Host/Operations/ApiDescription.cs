using Chat.Host.Http;
using Microsoft.AspNetCore.OpenApi;
using Microsoft.Extensions.Options;
using Microsoft.OpenApi;
using Scalar.AspNetCore;

namespace Chat.Host.Operations;

/// <summary><c>/openapi/v1.json</c>, and <c>/docs</c> to browse it, with nothing from elsewhere.</summary>
internal static class ApiDescription
{
    private const string PagePolicy =
        "default-src 'none'; script-src 'self' 'unsafe-inline'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; font-src 'self' data:; "
        + "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

    private const string DocumentPath = "/openapi/v1.json";

    public static IServiceCollection AddApiDescription(this IServiceCollection services) => services.AddSingleton<ApiDocument>().AddOpenApi(api =>
    {
        // Endpoints keep their bodies as nested types of the same few names.
        api.CreateSchemaReferenceId = type => type.Type.DeclaringType is { } endpoint
            ? endpoint.Name + type.Type.Name
            : OpenApiOptions.CreateDefaultSchemaReferenceId(type);
        api.AddDocumentTransformer((document, context, _) =>
        {
            document.Info.Title = "Chat";
            document.Info.Version = "v1";
            document.Info.Description = "The REST interface. Errors are problem details (RFC 9457) with a stable `code`.";
            // Relative to where the document is: it is the same whoever asks, by whatever name of the server.
            var path = context.ApplicationServices.GetRequiredService<IOptions<Http.HttpOptions>>().Value.PathBase;
            document.Servers = [new OpenApiServer { Url = path.Length > 0 ? path : "/" }];
            document.Components ??= new OpenApiComponents();
            document.Components.SecuritySchemes ??= new Dictionary<string, IOpenApiSecurityScheme>();
            document.Components.SecuritySchemes["bearer"] =
                new OpenApiSecurityScheme { Type = SecuritySchemeType.Http, Scheme = "bearer", BearerFormat = "JWT" };
            document.Security = [new OpenApiSecurityRequirement { [new OpenApiSecuritySchemeReference("bearer", document)] = [] }];
            return Task.CompletedTask;
        });
        api.AddOperationTransformer<ApiRefusals>();
        api.AddSchemaTransformer<ApiSchemas>();
    });

    public static void MapApiDescription(this WebApplication app)
    {
        app.MapGet(DocumentPath, (ApiDocument document) => document.AnswerAsync()).AllowAnonymous().ExcludeFromDescription();
        app.MapScalarApiReference("/docs", page => page
                .WithTitle("Chat: REST")
                .DisableDefaultFonts()
                .DisableTelemetry()
                .DisableAgent()
                .HideDeveloperTools())
            .AllowAnonymous()
            .WithMetadata(new ContentPolicy(PagePolicy));
    }
}
