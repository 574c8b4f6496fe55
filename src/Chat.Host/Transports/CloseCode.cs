using Chat.Modules.Delivery.Contracts;

namespace Chat.Host.Transports;

/// <summary>How <c>/ws</c> closes (docs/protocol.md); the 4000s are the protocol's own, the others RFC 6455's (§7.4.1).</summary>
internal enum CloseCode
{
    Normal = 1000,
    GoingAway = 1001,
    FrameTooLarge = 1009,
    InternalError = 1011,
    Replaced = 4000,
    NotAuthenticated = 4001,
    ProtocolError = 4002,
    OverLimit = 4008,
}

internal static class CloseCodes
{
    public static CloseCode Of(CloseReason reason) => reason switch
    {
        CloseReason.Replaced => CloseCode.Replaced,
        CloseReason.TokenExpired or CloseReason.Revoked => CloseCode.NotAuthenticated,
        CloseReason.OverLimit => CloseCode.OverLimit,
        CloseReason.Fault => CloseCode.InternalError,
        _ => CloseCode.GoingAway,
    };
}
