using System.Text.Json;
using Chat.Modules.Delivery.Notifications.Platforms;

namespace Chat.Modules.Delivery.Notifications.Fcm;

/// <summary>What FCM's answers mean (its reference: ErrorCode).</summary>
internal static class FcmAnswer
{
    public static PushOutcome OutcomeOf(PlatformAnswer answer)
    {
        if (answer.Fault is not null || answer.IsSuccess)
            return answer.ToOutcome();
        var (code, status, isAboutToken, isAboutDevice) = Read(answer.Body);
        return (code ?? status) switch
        {
            "UNREGISTERED" => new PushOutcome.Gone(PushReason.Gone, answer.Status),
            "NOT_FOUND" when answer.Status == 404 => new PushOutcome.Gone(PushReason.Gone, answer.Status),
            "INVALID_ARGUMENT" when isAboutToken => new PushOutcome.Gone(PushReason.Gone, answer.Status),
            // The token belongs to an app of another project.
            "SENDER_ID_MISMATCH" => new PushOutcome.Refused(PushReason.Refused, answer.Status),
            "QUOTA_EXCEEDED" or "RESOURCE_EXHAUSTED" or "DEVICE_MESSAGE_RATE_EXCEEDED" =>
                new PushOutcome.Retry(PushReason.RateLimited, answer.RetryAfter, answer.Status, OneDevice: isAboutDevice),
            "THIRD_PARTY_AUTH_ERROR" or "UNAUTHENTICATED" or "PERMISSION_DENIED" => new PushOutcome.Misconfigured(PushReason.BadCredentials, answer.Status),
            // No answer of FCM's: Push:Fcm:Endpoint is something else.
            null when answer.Status is 404 or 410 => new PushOutcome.Misconfigured(PushReason.BadCredentials, answer.Status),
            _ => answer.ToOutcome(),
        };
    }

    // FCM's own code in details, the general status, whether the token is what is wrong, and whether a device is what a limit is for: that is said in words alone, in
    // the code, the message, or the violations of google.rpc.QuotaFailure. A limit without such a word is the project's.
    private static (string? Code, string? Status, bool IsAboutToken, bool IsAboutDevice) Read(ReadOnlyMemory<byte> body)
    {
        try
        {
            using var json = JsonDocument.Parse(body);
            if (Member(json.RootElement, "error") is not { ValueKind: JsonValueKind.Object } error)
                return default;
            var details = Items(Member(error, "details")).ToList();
            var code = details.Select(detail => Text(Member(detail, "errorCode"))).FirstOrDefault(code => code is not null);
            var violations = details.SelectMany(detail => Items(Member(detail, "violations")));
            return (
                code,
                Text(Member(error, "status")),
                details.SelectMany(detail => Items(Member(detail, "fieldViolations"))).Any(violation => Text(Member(violation, "field")) is "message.token"),
                violations.SelectMany(violation => new[] { Text(Member(violation, "subject")), Text(Member(violation, "description")) })
                    .Append(Text(Member(error, "message"))).Append(code).Any(text => text?.Contains("device", StringComparison.OrdinalIgnoreCase) is true));
        }
        catch (JsonException)
        {
            return default;
        }
    }

    private static JsonElement? Member(JsonElement element, string name) =>
        element.ValueKind == JsonValueKind.Object && element.TryGetProperty(name, out var value) ? value : null;

    private static JsonElement.ArrayEnumerator Items(JsonElement? element) => element is { ValueKind: JsonValueKind.Array } array ? array.EnumerateArray() : default;

    private static string? Text(JsonElement? element) => element is { ValueKind: JsonValueKind.String } text ? text.GetString() : null;
}
