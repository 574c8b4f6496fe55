using Chat.BuildingBlocks.Ids;
using Chat.BuildingBlocks.Mediation;
using Chat.Modules.Delivery.Contracts;
using Chat.Modules.Messaging.Contracts;

namespace Chat.Host.Transports.ClientFrames;

/// <summary>
/// What a client says, well-formed and with its ids read; whether it may is for the modules to say. Each kind of frame stands in a file of
/// its own in this folder, and in <see cref="ClientFrameRegistry"/>.
/// </summary>
internal abstract record ClientFrame
{
    /// <summary>Its <c>type</c> on <c>/ws</c>; logs name it so, too.</summary>
    public abstract string Type { get; }

    /// <summary>The <c>clientMsgId</c> that an error names; null where the frame has none.</summary>
    public virtual string? Attempt => null;

    /// <summary>Whether it shows that the client reads what it is sent.</summary>
    public virtual bool ShowsThatClientReads => false;
}

/// <summary>
/// A frame that becomes an entry of a conversation's log. Sends of a connection overlap: they begin in the order sent, and each is answered by
/// an <c>ack</c> with status <c>sent</c>, in that order.
/// </summary>
/// <param name="ClientMsgId">Names the attempt.</param>
/// <param name="LastSeen">What the client has of the conversation; null where it does not say.</param>
internal abstract record SendFrame(ConversationId To, string ClientMsgId, SeqNo? LastSeen) : ClientFrame
{
    public sealed override string Attempt => ClientMsgId;

    public abstract ICommand<SentMessage> ToCommand(DeviceAddress from);
}

/// <summary>Any other frame. It waits until all frames before it are answered.</summary>
internal abstract record CommandFrame : ClientFrame
{
    /// <summary>Whether a send that comes after it waits for its answer. Not so for one that changes nothing that a send could meet.</summary>
    public virtual bool HoldsBackSends => true;

    /// <summary>Does what it says.</summary>
    /// <returns>The answer; null where there is none.</returns>
    public abstract Task<ServerEvent?> AnswerAsync(TransportSession session);
}
