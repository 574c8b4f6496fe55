using Chat.BuildingBlocks.Errors;
using Chat.Host.Transports.Frames;
using Chat.Host.Transports.ServerFrames;
using Chat.Host.Transports.SignalR;
using Chat.Modules.Delivery.Contracts;

namespace Chat.Host.Transports.ClientFrames;

/// <summary>Renews the connection's token.</summary>
internal sealed record AuthFrame(string Token) : CommandFrame
{
    private static readonly FrameField TokenField = new("token");

    public static readonly ClientFrameSpec Spec = new(
        "auth", nameof(HubMethods.Auth), [TokenField],
        (in fields, _) => new AuthFrame(fields.String(TokenField) ?? throw FrameFields.Missing(TokenField)));

    private static readonly Error NotThisDevice = new(ErrorCodes.Forbidden, "The token belongs to another user or device.");

    public override string Type => Spec.Type;

    public override async Task<ServerEvent?> AnswerAsync(TransportSession session)
    {
        if (session.ChargeUncounted() is { } refusal)
            return new ErrorAnswer(refusal);
        var check = await session.Tokens.ValidateAsync(Token, session.Device.Device.Value, CancellationToken.None);
        if (check.Error is not null)
        {
            // A token that names another device is refused as such; good for that device, it is merely not this connection's.
            var elsewhere = await session.Tokens.ValidateAsync(Token, null, CancellationToken.None);
            return new ErrorAnswer(elsewhere.Error is null ? NotThisDevice : check.Error);
        }
        if (check.Device != session.Device)
            return new ErrorAnswer(NotThisDevice);
        session.RenewToken(check.ExpiresAt);
        return new Authenticated(check.ExpiresAt);
    }

    // A record prints all it has, and this one's token is a secret.
    public override string ToString() => nameof(AuthFrame);
}

internal abstract partial class HubMethods
{
    public Task<HubFrame?> Auth(HubRequest request) => AnswerAsync(AuthFrame.Spec, request);
}
