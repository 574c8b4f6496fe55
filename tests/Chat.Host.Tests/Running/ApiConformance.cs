using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using NJsonSchema;

namespace Chat.Host.Tests.Running;

/// <summary>The server's own description of its REST calls, and whether an answer is one that it promises.</summary>
internal sealed class ApiConformance
{
    private static readonly ConcurrentDictionary<string, ApiConformance> Known = new(StringComparer.Ordinal);

    private readonly string _definitions;
    private readonly ConcurrentDictionary<string, Task<JsonSchema>> _schemas = new(StringComparer.Ordinal);

    private ApiConformance(string document)
    {
        var root = JsonNode.Parse(document)!;
        _definitions = Local(root["components"]!["schemas"]!);
        Operations = [.. from path in root["paths"]!.AsObject() from operation in path.Value!.AsObject() select new ApiOperation(path.Key, operation.Key, operation.Value!)];
    }

    public IReadOnlyList<ApiOperation> Operations { get; }

    /// <summary>Hosts with the same settings describe themselves alike.</summary>
    public static ApiConformance Of(string document) => Known.GetOrAdd(document, text => new ApiConformance(text));

    /// <summary>What is wrong with an answer; null for nothing.</summary>
    public async Task<string?> FaultOfAsync(HttpMethod method, string pathAndQuery, HttpStatusCode status, string? contentType, string body)
    {
        var path = pathAndQuery.Split('?')[0];
        // As routing does it: a path without parameters goes first.
        var here = Operations.Where(operation => operation.Template == path).ToList() is { Count: > 0 } same ? same : Operations.Where(operation => operation.Matches(path)).ToList();
        if (here.Count == 0)
            return status is HttpStatusCode.NotFound or HttpStatusCode.Unauthorized ? null : $"{path} is not described and answers {status}";
        var isHead = method == HttpMethod.Head;
        var operation = here.FirstOrDefault(one => one.Method == (isHead ? HttpMethod.Get : method));
        if (operation is null)
            return status == HttpStatusCode.MethodNotAllowed ? null : $"{method} of {path} is not described and answers {status}";
        if (operation.Answers[((int)status).ToString(CultureInfo.InvariantCulture)] is not { } answer)
            return $"{operation} does not describe that it answers {(int)status}: {body}";
        if (isHead)
            return null;
        if (answer["content"] is not JsonObject { Count: > 0 } content)
            return body.Length == 0 ? null : $"{operation} describes no body for {(int)status}: {body}";
        var type = contentType?.Split(';')[0];
        if (type is null || content[type] is not { } media)
            return $"{operation} does not describe that {(int)status} is {type}";
        var faults = (await SchemaAsync(media["schema"]!)).Validate(body);
        return faults.Count == 0 ? null : $"{operation} {(int)status}: {string.Join("; ", faults)}: {body}";
    }

    private Task<JsonSchema> SchemaAsync(JsonNode schema) => _schemas.GetOrAdd(
        Local(schema), text => JsonSchema.FromJsonAsync($$"""{"definitions":{{_definitions}},"allOf":[{{text}}]}"""));

    private static string Local(JsonNode schemas) => schemas.ToJsonString().Replace("#/components/schemas/", "#/definitions/", StringComparison.Ordinal);
}

/// <summary>One call, as it is described.</summary>
internal sealed class ApiOperation(string template, string method, JsonNode description)
{
    private readonly Regex _path = new("^" + Regex.Replace(template, @"\{[^}]+\}", "[^/]+") + "$");

    public HttpMethod Method { get; } = HttpMethod.Parse(method.ToUpperInvariant());

    public string Template => template;

    public JsonNode Answers => description["responses"]!;

    public IReadOnlyList<JsonNode> Parameters { get; } = [.. (description["parameters"]?.AsArray() ?? []).Select(parameter => parameter!)];

    public bool HasBody => description["requestBody"] is not null;

    /// <summary>Without a requirement of its own the document's counts, which is a token.</summary>
    public bool IsOpen => description["security"] is JsonArray { Count: 0 };

    public bool Matches(string path) => _path.IsMatch(path);

    public override string ToString() => $"{Method} {template}";
}
