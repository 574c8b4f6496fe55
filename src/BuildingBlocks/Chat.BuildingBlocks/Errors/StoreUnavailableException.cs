namespace Chat.BuildingBlocks.Errors;

/// <summary>A store gave no answer in time, or none at all. What was asked may have happened: ask again with the same idempotency key.</summary>
public sealed class StoreUnavailableException(string message, Exception? inner = null) : Exception(message, inner);
