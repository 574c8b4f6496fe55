using System.Text;
using Chat.BuildingBlocks.Nodes;
using Chat.Modules.Delivery.Contracts;
using Chat.Modules.Messaging.Contracts;

namespace Chat.Modules.Delivery.Relay;

/// <summary>Writes this module's messages between nodes.</summary>
internal static class RelayWriter
{
    /// <summary>In the place of a setting that did not change.</summary>
    public const long Unchanged = -1;

    public static BusWriter Begin(RelayKind kind) => new((byte)kind);

    public static ReadOnlyMemory<byte> Push(MessageAppended appended, IContentCodec contents)
    {
        var message = appended.Message;
        var size = contents.SizeOf(message.Content);
        var writer = new BusWriter((byte)RelayKind.Push, size + 512);
        writer.Write(message.Conversation);
        writer.Write(appended.Previous.Value);
        writer.Write(message.SeqNo.Value);
        writer.Write(message.Id);
        writer.Write(message.Sender);
        writer.Write(message.ClientMsgId);
        writer.Write(message.Timestamp.ToUnixTimeMilliseconds());
        contents.Write(message.Content, writer.WriteRest(size));
        return writer.Written;
    }

    /// <returns>False for an event that other nodes are not told, of which nothing is written.</returns>
    public static bool TryWrite(this BusWriter writer, ServerEvent item)
    {
        switch (item)
        {
            case ReceiptEvent receipt:
                writer.Write((byte)RelayedEvent.Receipt);
                writer.Write(receipt.Conversation);
                writer.Write(receipt.Message);
                writer.Write(receipt.SeqNo.Value);
                writer.Write(receipt.User);
                writer.Write((byte)receipt.Status);
                return true;
            case TypingEvent typing:
                writer.Write((byte)RelayedEvent.Typing);
                writer.Write(typing.Conversation);
                writer.Write(typing.User);
                writer.Write(typing.Active ? (byte)1 : (byte)0);
                return true;
            case ConversationEvent changed:
                writer.Write((byte)RelayedEvent.Conversation);
                writer.Write(changed.Conversation);
                writer.Write((byte)changed.Change);
                writer.Write(changed.User?.Value ?? "");
                return true;
            case AdvancedEvent hint:
                writer.Write((byte)RelayedEvent.Advanced);
                writer.Write(hint.Conversation);
                writer.Write(hint.MaxSeqNo.Value);
                return true;
            case OwnSettingsEvent settings:
                writer.Write((byte)RelayedEvent.OwnSettings);
                writer.Write(settings.Conversation);
                WriteChange(writer, settings.Change);
                return true;
            default:
                return false;
        }
    }

    private static void WriteChange(BusWriter writer, OwnSettingsChange change)
    {
        writer.Write(change.MutedUntil?.ToUnixTimeMilliseconds() ?? Unchanged);
        writer.Write(change.ArchivedBelow?.Value ?? Unchanged);
        writer.Write(change.IsPinned is { } isPinned ? (isPinned ? 1L : 0L) : Unchanged);
        writer.Write(change.UnreadBelow?.Value ?? Unchanged);
        writer.Write(change.ClearedUpTo?.Value ?? Unchanged);
        var size = change.Draft is { } draft ? Encoding.UTF8.GetByteCount(draft) : Unchanged;
        writer.Write(size);
        if (size > 0)
            Encoding.UTF8.GetBytes(change.Draft, writer.WriteRest((int)size));
    }
}
