using System.Net.WebSockets;

namespace Chat.Host.Transports.WebSocket;

/// <summary>Why <c>/ws</c> closes (docs/protocol.md); the 4000s are the protocol's own, the others RFC 6455's (§7.4.1).</summary>
internal static class CloseCodes
{
    public const WebSocketCloseStatus GoingAway = WebSocketCloseStatus.EndpointUnavailable; // 1001
    public const WebSocketCloseStatus FrameTooLarge = WebSocketCloseStatus.MessageTooBig; // 1009
    public const WebSocketCloseStatus Replaced = (WebSocketCloseStatus)4000;
    public const WebSocketCloseStatus NotAuthenticated = (WebSocketCloseStatus)4001;
    public const WebSocketCloseStatus ProtocolError = (WebSocketCloseStatus)4002;
    public const WebSocketCloseStatus OverLimit = (WebSocketCloseStatus)4008;
}
