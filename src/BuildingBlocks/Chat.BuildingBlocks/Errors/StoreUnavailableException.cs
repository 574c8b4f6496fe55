namespace Chat.BuildingBlocks.Errors;

/// <summary>A store did not answer in time. The operation may have happened: retry it with the same idempotency key.</summary>
public sealed class StoreUnavailableException(string message, Exception? inner = null) : Exception(message, inner);
