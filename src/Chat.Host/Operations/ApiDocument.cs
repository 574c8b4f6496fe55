using System.Security.Cryptography;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.OpenApi;
using Microsoft.Net.Http.Headers;
using Microsoft.OpenApi;

namespace Chat.Host.Operations;

/// <summary>The API's description as it is sent: made when it is first asked for, and kept, as the endpoints do not change.</summary>
internal sealed class ApiDocument([FromKeyedServices(ApiDocument.Name)] IOpenApiDocumentProvider provider)
{
    public const string Name = "v1";

    private readonly Lock _gate = new();
    private Task<(byte[] Json, EntityTagHeaderValue Tag)>? _made;

    /// <summary>Also answers whether a client's copy is still right.</summary>
    public async Task<FileContentHttpResult> AnswerAsync()
    {
        Task<(byte[], EntityTagHeaderValue)> made;
        lock (_gate)
            made = _made ??= MakeAsync();
        var (json, tag) = await made;
        return TypedResults.Bytes(json, "application/json; charset=utf-8", entityTag: tag);
    }

    private async Task<(byte[], EntityTagHeaderValue)> MakeAsync()
    {
        using var json = new MemoryStream();
        await (await provider.GetOpenApiDocumentAsync()).SerializeAsJsonAsync(json, OpenApiSpecVersion.OpenApi3_1);
        var bytes = json.ToArray();
        return (bytes, new EntityTagHeaderValue($"\"{Convert.ToHexStringLower(SHA256.HashData(bytes).AsSpan(0, 16))}\""));
    }
}
