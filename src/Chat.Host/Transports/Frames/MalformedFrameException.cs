namespace Chat.Host.Transports.Frames;

/// <summary>A property is missing, or has a value that it may not have. The message is the text of the refusal.</summary>
internal sealed class MalformedFrameException(string message) : Exception(message);
