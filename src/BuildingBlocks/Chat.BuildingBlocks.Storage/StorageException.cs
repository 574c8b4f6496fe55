namespace Chat.BuildingBlocks.Storage;

/// <summary>The embedded stores cannot be opened; the message is for the operator and says what to do. The host ends with it.</summary>
public sealed class StorageException(string message, Exception? inner = null) : Exception(message, inner);
