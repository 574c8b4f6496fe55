using Chat.BuildingBlocks.Ids;
using Microsoft.AspNetCore.Http;

namespace Chat.BuildingBlocks.Http;

/// <summary>
/// Endpoint metadata: calls take or give files of any size. The limits of small calls, <c>Http:MaxBodyBytes</c> and <c>Http:MinBytesPerSecond</c>, are not for them;
/// the endpoint has its own for what it is sent. They are counted apart, by <c>Http:MaxTransfers</c>, as one may take hours.
/// </summary>
/// <param name="MinBytesPerSecond">A client that reads the answer slower than this is disconnected.</param>
/// <param name="ReaderOf">Whose transfer a call without a token is; null for a stranger's, which counts as a small call. Left out: all such calls are strangers'.</param>
public sealed record FileTransfer(int MinBytesPerSecond, Func<HttpContext, UserId?>? ReaderOf = null);
