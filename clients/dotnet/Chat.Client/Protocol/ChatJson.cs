using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Chat.Client;

/// <summary>The contract's JSON: camel case, absent instead of null, times in Unix milliseconds, text at its own size.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    RespectRequiredConstructorParameters = true, RespectNullableAnnotations = true)]
[JsonSerializable(typeof(IClientFrame))]
[JsonSerializable(typeof(ServerFields))]
[JsonSerializable(typeof(Message))]
[JsonSerializable(typeof(MessageContent))]
[JsonSerializable(typeof(MessageState))]
[JsonSerializable(typeof(ChangeFields))]
[JsonSerializable(typeof(Notice))]
[JsonSerializable(typeof(ConversationList))]
[JsonSerializable(typeof(Page))]
[JsonSerializable(typeof(ReceiptTable))]
[JsonSerializable(typeof(ReactionPage))]
[JsonSerializable(typeof(EditList))]
[JsonSerializable(typeof(PinList))]
[JsonSerializable(typeof(ThreadList))]
[JsonSerializable(typeof(ThreadPage))]
[JsonSerializable(typeof(DeviceList))]
[JsonSerializable(typeof(Group))]
[JsonSerializable(typeof(OwnSettings))]
[JsonSerializable(typeof(PushSubscription))]
[JsonSerializable(typeof(PushKey))]
[JsonSerializable(typeof(PushPayload))]
[JsonSerializable(typeof(NewGroup))]
[JsonSerializable(typeof(GroupChange))]
[JsonSerializable(typeof(NewMembers))]
[JsonSerializable(typeof(NewRole))]
[JsonSerializable(typeof(Credentials))]
[JsonSerializable(typeof(PasswordChange))]
[JsonSerializable(typeof(RefreshRequest))]
[JsonSerializable(typeof(TokenPair))]
[JsonSerializable(typeof(Problem))]
[JsonSerializable(typeof(StoredInstallation))]
[JsonSerializable(typeof(StoredConversation))]
[JsonSerializable(typeof(Outgoing))]
[JsonSerializable(typeof(UploadedMedia))]
[JsonSerializable(typeof(SignedAddress))]
[JsonSerializable(typeof(KeptUpload))]
internal sealed partial class ChatJson : JsonSerializerContext
{
    private static ChatJson? _wire;

    // Escapes no more than JSON needs. Made when first used, after the default exists.
    public static ChatJson Wire => _wire ??= new(new JsonSerializerOptions(Default.Options) { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping });
}

internal sealed class UnixMilliseconds : JsonConverter<DateTimeOffset>
{
    public override DateTimeOffset Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        try
        {
            return DateTimeOffset.FromUnixTimeMilliseconds(reader.GetInt64());
        }
        catch (Exception e) when (e is ArgumentOutOfRangeException or FormatException or InvalidOperationException)
        {
            throw new JsonException("Not a time in Unix milliseconds.", e);
        }
    }

    public override void Write(Utf8JsonWriter writer, DateTimeOffset value, JsonSerializerOptions options) =>
        writer.WriteNumberValue(value.ToUnixTimeMilliseconds());
}

internal sealed class CamelCase<T>() : JsonStringEnumConverter<T>(JsonNamingPolicy.CamelCase, allowIntegerValues: false) where T : struct, Enum;
