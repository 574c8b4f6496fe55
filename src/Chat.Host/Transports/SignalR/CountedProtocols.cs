using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using System.Runtime.ExceptionServices;
using Chat.BuildingBlocks.Errors;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.SignalR;
using Microsoft.AspNetCore.SignalR.Protocol;

namespace Chat.Host.Transports.SignalR;

/// <summary>Gives each connection of the hub its own protocol, which counts what comes.</summary>
internal sealed class CountedProtocols(IEnumerable<IHubProtocol> protocols, TransportServices services) : IHubProtocolResolver
{
    private readonly IHubProtocol[] _all = [.. protocols];

    public IReadOnlyList<IHubProtocol> AllProtocols => _all;

    public IHubProtocol? GetProtocol(string protocolName, IReadOnlyList<string>? supportedProtocols) =>
        Array.Find(_all, protocol => string.Equals(protocol.Name, protocolName, StringComparison.OrdinalIgnoreCase)) is { } protocol
            && supportedProtocols?.Contains(protocol.Name, StringComparer.OrdinalIgnoreCase) != false
            ? new CountedProtocol(protocol, services)
            : null;
}

/// <summary>
/// Wraps a protocol of SignalR. Calls of the hub's methods pass: they are counted as frames later. All else SignalR would handle without us:
/// pings, unknown methods, cancellations, messages of unknown types. That is counted here; what is over the rate is dropped, or refused when the
/// client waits for an answer. Used by the connection's reader alone.
/// </summary>
internal sealed class CountedProtocol(IHubProtocol protocol, TransportServices services) : IHubProtocol
{
    private readonly FrameBudget _uncounted = services.NewUncountedBudget();

    public string Name => protocol.Name;

    public int Version => protocol.Version;

    public TransferFormat TransferFormat => protocol.TransferFormat;

    /// <summary>Closes the connection of a client that ignores its refusals. Set before the first message is read.</summary>
    public Action? CloseOverLimit { get; set; }

    public bool TryParseMessage(ref ReadOnlySequence<byte> input, IInvocationBinder binder, [NotNullWhen(true)] out HubMessage? message)
    {
        while (true)
        {
            var length = input.Length;
            var isKnown = protocol.TryParseMessage(ref input, binder, out message);
            if (!isKnown && input.Length == length)
                return false;
            if (isKnown && message is InvocationMessage)
                return true;
            if (_uncounted.Take() is not { } refusal)
            {
                if (message is not null)
                    return true;
                continue;
            }
            services.Metrics.Refused(refusal.Code);
            if (_uncounted.IsExhausted)
                CloseOverLimit?.Invoke();
            message = Refused(message, refusal);
            if (message is not null)
                return true;
        }
    }

    public void WriteMessage(HubMessage message, IBufferWriter<byte> output) => protocol.WriteMessage(message, output);

    public ReadOnlyMemory<byte> GetMessageBytes(HubMessage message) => protocol.GetMessageBytes(message);

    public bool IsVersionSupported(int version) => protocol.IsVersionSupported(version);

    private static InvocationBindingFailureMessage? Refused(HubMessage? message, Error refusal) => message switch
    {
        InvocationBindingFailureMessage { InvocationId: { } id } unknown => Failure(id, unknown.Target, refusal),
        StreamInvocationMessage { InvocationId: { } id } stream => Failure(id, stream.Target, refusal),
        _ => null,
    };

    private static InvocationBindingFailureMessage Failure(string id, string target, Error refusal) =>
        new(id, target, ExceptionDispatchInfo.Capture(new HubException($"{refusal.Code}: {refusal.Text}")));
}
