using Chat.BuildingBlocks.Errors;
using Chat.BuildingBlocks.Nodes;
using Chat.Modules.Messaging.Contracts;
using Chat.Modules.Messaging.Log;

namespace Chat.Modules.Messaging.Homes;

/// <summary>What a message between a sender's server and a home says. The numbers go over the bus; a server passes over one that it does not know.</summary>
internal enum HomeMessage : byte
{
    /// <summary>The sender can be a home: 1 where it wants to know whether the receiver can; 1 where it judges changes of messages; 1 where it appends notices; 1 where it keeps mentions and threads; 1 where it keeps timers. An earlier version leaves out the last of them, and reads no more than it writes.</summary>
    Offer = 1,

    /// <summary>The sender is leaving: it is nobody's home any more.</summary>
    Withdraw = 2,

    /// <summary>To a home: session, number, conversation, sender's user and device, clientMsgId, time in ms, content.</summary>
    Append = 3,

    /// <summary>From a home: session, number, message's id, conversation, seqNo, time in ms, 1 where the attempt had been stored before.</summary>
    Appended = 4,

    /// <summary>From a home: session, number. It may have happened.</summary>
    Failed = 5,

    /// <summary>From a home: session. Something of it was lost on the way; what has no answer yet was not begun, or its answer is no longer sent.</summary>
    Lost = 6,

    /// <summary>From a home: it works on what has no answer yet.</summary>
    Working = 7,

    /// <summary>From a home: session, number, code and text of the refusal of a change. Nothing was appended.</summary>
    Refused = 8,
}

/// <summary>An append that one server asks of another.</summary>
/// <param name="Session">Rises whenever the sender begins anew with this home.</param>
/// <param name="Number">From 1 in each session, without holes.</param>
internal readonly record struct AppendNumber(long Session, long Number);

/// <summary>The messages of <see cref="HomeMessage"/> as bytes.</summary>
internal static class HomeMessages
{
    public const string Topic = "homes";

    public static ReadOnlyMemory<byte> Offer(bool asks)
    {
        var writer = new BusWriter((byte)HomeMessage.Offer);
        writer.Write(asks ? (byte)1 : (byte)0);
        const byte judgesChanges = 1, appendsNotices = 1, keepsThreads = 1, keepsTimers = 1;
        writer.Write(judgesChanges);
        writer.Write(appendsNotices);
        writer.Write(keepsThreads);
        writer.Write(keepsTimers);
        return writer.Written;
    }

    public static ReadOnlyMemory<byte> Bare(HomeMessage kind) => new BusWriter((byte)kind).Written;

    public static ReadOnlyMemory<byte> Append(AppendNumber number, MessageDraft draft)
    {
        var size = ContentCodec.SizeOf(draft.Content);
        var writer = new BusWriter((byte)HomeMessage.Append, size + 512);
        writer.Write(number.Session);
        writer.Write(number.Number);
        writer.Write(draft.Conversation);
        writer.Write(draft.Sender);
        writer.Write(draft.ClientMsgId);
        writer.Write(draft.Now.ToUnixTimeMilliseconds());
        ContentCodec.Write(draft.Content, writer.WriteRest(size));
        return writer.Written;
    }

    public static ReadOnlyMemory<byte> Appended(AppendNumber number, SentMessage sent)
    {
        var writer = new BusWriter((byte)HomeMessage.Appended);
        writer.Write(number.Session);
        writer.Write(number.Number);
        writer.Write(sent.Id);
        writer.Write(sent.Conversation);
        writer.Write(sent.SeqNo.Value);
        writer.Write(sent.Timestamp.ToUnixTimeMilliseconds());
        writer.Write(sent.Duplicate ? (byte)1 : (byte)0);
        return writer.Written;
    }

    public static ReadOnlyMemory<byte> Failed(AppendNumber number)
    {
        var writer = new BusWriter((byte)HomeMessage.Failed);
        writer.Write(number.Session);
        writer.Write(number.Number);
        return writer.Written;
    }

    public static ReadOnlyMemory<byte> Refused(AppendNumber number, Error refusal)
    {
        var writer = new BusWriter((byte)HomeMessage.Refused);
        writer.Write(number.Session);
        writer.Write(number.Number);
        writer.Write(refusal.Code);
        writer.Write(refusal.Text);
        return writer.Written;
    }

    public static ReadOnlyMemory<byte> Lost(long session)
    {
        var writer = new BusWriter((byte)HomeMessage.Lost);
        writer.Write(session);
        return writer.Written;
    }

    public static AppendNumber AppendNumber(this ref BusReader reader) => new(reader.Number(), reader.Number());

    public static MessageDraft Draft(this ref BusReader reader)
    {
        var (conversation, sender, clientMsgId, now) = (reader.Conversation(), reader.Device(), reader.Name(), reader.Time());
        return new MessageDraft(conversation, sender, clientMsgId, ContentCodec.Decode(reader.Rest), now);
    }

    public static Error Refusal(this ref BusReader reader) => new(reader.Name(), reader.Name());

    public static SentMessage Sent(this ref BusReader reader) =>
        new(reader.Message(), reader.Conversation(), reader.SeqNo(), reader.Time(), Duplicate: reader.Byte() == 1);
}
