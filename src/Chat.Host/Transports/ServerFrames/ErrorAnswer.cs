using Chat.BuildingBlocks.Errors;
using Chat.Host.Transports.Frames;
using System.Text.Json;

namespace Chat.Host.Transports.ServerFrames;

/// <summary>A refusal.</summary>
internal sealed class ErrorAnswer(Error error, string? clientMsgId = null) : Answer
{
    public Error Error => error;

    /// <summary>The attempt that was refused; null where the frame named none.</summary>
    public string? ClientMsgId => clientMsgId;
}

/// <summary>Why something was refused.</summary>
internal readonly struct ErrorFrame : IServerFrame<ErrorAnswer>
{
    private static readonly JsonEncodedText Code = JsonEncodedText.Encode("code");
    private static readonly JsonEncodedText Message = JsonEncodedText.Encode("message");
    private static readonly JsonEncodedText RetryAfterMs = JsonEncodedText.Encode("retryAfterMs");

    public static string Type => "error";

    public void WriteTo<TWriter>(ErrorAnswer e, ref TWriter fields) where TWriter : struct, IFieldWriter
    {
        fields.Text(Code, e.Error.Code);
        fields.Text(Message, e.Error.Text);
        fields.Text(FieldNames.ClientMsgId, e.ClientMsgId);
        fields.Number(RetryAfterMs, e.Error.RetryAfter is { } after ? (long)Math.Ceiling(after.TotalMilliseconds) : null);
    }
}
