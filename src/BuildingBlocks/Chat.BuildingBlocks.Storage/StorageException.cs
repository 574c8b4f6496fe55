namespace Chat.BuildingBlocks.Storage;

/// <summary>A store cannot be used. The message is for the operator and says what to do. The server does not start.</summary>
public sealed class StorageException(string message, Exception? inner = null) : Exception(message, inner);
