using System.ComponentModel.DataAnnotations;
using System.Globalization;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using Chat.BuildingBlocks.Ids;
using Chat.BuildingBlocks.Text;
using Chat.Modules.Messaging.Contracts;
using Microsoft.AspNetCore.OpenApi;
using Microsoft.OpenApi;

namespace Chat.Host.Operations;

/// <summary>What the framework does not see of our types: ids are strings of a pattern, and what may be left out is not required.</summary>
internal sealed class ApiSchemas : IOpenApiSchemaTransformer
{
    private const string Uuid = "^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$";
    private const string Identifier = "[A-Za-z0-9][A-Za-z0-9._-]{0,63}";

    public Task TransformAsync(OpenApiSchema schema, OpenApiSchemaTransformerContext context, CancellationToken cancellationToken)
    {
        var type = Nullable.GetUnderlyingType(context.JsonTypeInfo.Type) ?? context.JsonTypeInfo.Type;
        // Written by converters of their own.
        if (type == typeof(UserId) || type == typeof(DeviceId))
            Describe(schema, $"^{Identifier}$");
        else if (type == typeof(ConversationId))
            Describe(schema, $"^(dm:{Identifier}:{Identifier}|g:[0-9a-f]{{32}})$");
        else if (type == typeof(MessageId) || type == typeof(MediaId))
            Describe(schema, Uuid);
        else if (type == typeof(Utf8Text))
            schema.Type = JsonSchemaType.String;
        else if (type == typeof(IReadOnlyList<MediaReference>))
            DescribeMedia(schema);
        else if (type == typeof(Mentions))
            DescribeMentions(schema);
        else if (type == typeof(SeqNo))
        {
            schema.Type = JsonSchemaType.Integer;
            (schema.Minimum, schema.Maximum) = ("0", SeqNo.MaxValue.ToString(CultureInfo.InvariantCulture));
        }
        else if (context.JsonTypeInfo.Kind == JsonTypeInfoKind.Object)
            Require(schema, context.JsonTypeInfo.Properties);
        return Task.CompletedTask;
    }

    private static void Describe(OpenApiSchema schema, string pattern) => (schema.Type, schema.Pattern) = (JsonSchemaType.String, pattern);

    // Ids, or objects with an id.
    private static void DescribeMedia(OpenApiSchema schema)
    {
        var id = new OpenApiSchema { Type = JsonSchemaType.String, Pattern = Uuid };
        var value = new OpenApiSchema { Type = JsonSchemaType.Integer, Minimum = "0", Maximum = "255" };
        var reference = new OpenApiSchema
        {
            Type = JsonSchemaType.Object,
            Required = new HashSet<string> { "mediaId" },
            Properties = new Dictionary<string, IOpenApiSchema>
            {
                ["mediaId"] = id,
                ["voice"] = new OpenApiSchema { Type = JsonSchemaType.Boolean },
                ["waveform"] = new OpenApiSchema { Type = JsonSchemaType.Array, Items = value, MaxItems = MessageMedia.MaxWaveform },
                ["name"] = new OpenApiSchema { Type = JsonSchemaType.String, MinLength = 1, MaxLength = MessageMedia.MaxNameLength },
            },
        };
        schema.Type = JsonSchemaType.Array | JsonSchemaType.Null;
        schema.MaxItems = MessageMedia.MaxCount;
        schema.Items = new OpenApiSchema { AnyOf = [id, reference] };
    }

    // User ids, or the one name for everybody.
    private static void DescribeMentions(OpenApiSchema schema)
    {
        schema.Type = JsonSchemaType.Array;
        schema.MaxItems = Mentions.MaxUsers;
        schema.Items = new OpenApiSchema { Type = JsonSchemaType.String, Pattern = $"^({Identifier}|{Mentions.AllName})$" };
    }

    // A constructor's parameter that may be null is left out of an answer when it is, as is what has a condition of its own.
    private static void Require(OpenApiSchema schema, IEnumerable<JsonPropertyInfo> properties)
    {
        foreach (var property in properties)
        {
            if (property.AttributeProvider?.IsDefined(typeof(RequiredAttribute), inherit: false) is true)
                (schema.Required ??= new HashSet<string>()).Add(property.Name);
            else if (property.IsGetNullable || Nullable.GetUnderlyingType(property.PropertyType) is not null
                || property.AttributeProvider?.IsDefined(typeof(JsonIgnoreAttribute), inherit: false) is true)
                schema.Required?.Remove(property.Name);
        }
    }
}
