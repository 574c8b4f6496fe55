namespace Chat.Modules.Messaging.Log;

/// <summary>A message's stored content cannot be read.</summary>
internal sealed class MalformedContentException(string what) : FormatException($"A message's content {what}: it is damaged.");
