namespace Chat.BuildingBlocks.Http;

/// <summary>
/// Endpoint metadata: calls take or give files of any size. The limits of small calls, <c>Http:MaxBodyBytes</c> and <c>Http:MinBytesPerSecond</c>, are not for them;
/// the endpoint has its own for what it is sent.
/// </summary>
/// <param name="MinBytesPerSecond">A client that reads the answer slower than this is disconnected.</param>
public sealed record FileTransfer(int MinBytesPerSecond);
