using Chat.BuildingBlocks.Ids;
using Chat.Host.Transports.Frames;
using Chat.Modules.Delivery.Contracts;
using System.Text.Json;

namespace Chat.Host.Transports.ServerFrames;

/// <summary>What the user has changed of its own settings of a conversation.</summary>
internal readonly struct SettingsFrame : IServerFrame<OwnSettingsEvent>
{
    private static readonly JsonEncodedText MutedUntil = JsonEncodedText.Encode("mutedUntil");
    private static readonly JsonEncodedText Archived = JsonEncodedText.Encode("archived");
    private static readonly JsonEncodedText Pinned = JsonEncodedText.Encode("pinned");
    private static readonly JsonEncodedText MarkedUnread = JsonEncodedText.Encode("markedUnread");
    private static readonly JsonEncodedText ClearedUpTo = JsonEncodedText.Encode("clearedUpTo");
    private static readonly JsonEncodedText Draft = JsonEncodedText.Encode("draft");

    public static string Type => "settings";

    public void WriteTo<TWriter>(OwnSettingsEvent e, ref TWriter fields) where TWriter : struct, IFieldWriter
    {
        fields.Text(FieldNames.ConversationId, e.Conversation.Value);
        fields.Number(MutedUntil, e.Change.MutedUntil?.ToUnixTimeMilliseconds());
        if (e.Change.ArchivedBelow is { } archivedBelow)
            fields.Flag(Archived, archivedBelow > SeqNo.None);
        if (e.Change.IsPinned is { } isPinned)
            fields.Flag(Pinned, isPinned);
        if (e.Change.UnreadBelow is { } unreadBelow)
            fields.Flag(MarkedUnread, unreadBelow > SeqNo.None);
        fields.Number(ClearedUpTo, e.Change.ClearedUpTo?.Value);
        fields.Text(Draft, e.Change.Draft);
    }
}
