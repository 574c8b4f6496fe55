using Chat.BuildingBlocks.Ids;
using Chat.Host.Transports.Frames;
using Chat.Modules.Messaging.Contracts;
using System.Text.Json;

namespace Chat.Host.Transports.ServerFrames;

/// <summary>A page of history, for this user's eyes.</summary>
internal sealed class PageAnswer(MessagePage page, UserId reader) : Answer
{
    public MessagePage Page => page;

    /// <summary>Whose own messages carry their <c>clientMsgId</c>.</summary>
    public UserId Reader => reader;

    public override int Size { get; } = 256 + page.Messages.Concat(page.Changes).Sum(entry => entry.MaxJsonBytes());
}

/// <summary>Messages of a conversation, changes of some, and where the next page begins.</summary>
internal readonly struct PageFrame : IServerFrame<PageAnswer>
{
    private static readonly JsonEncodedText Messages = JsonEncodedText.Encode("messages");
    private static readonly JsonEncodedText Changes = JsonEncodedText.Encode("changes");
    private static readonly JsonEncodedText NextAfter = JsonEncodedText.Encode("nextAfter");

    public static string Type => "page";

    public void WriteTo<TWriter>(PageAnswer e, ref TWriter fields) where TWriter : struct, IFieldWriter
    {
        fields.Text(FieldNames.ConversationId, e.Page.Conversation.Value);
        fields.List(Messages, e.Page.Messages, new MessageFields(e.Reader, e.Page.Mine));
        if (e.Page.Changes.Count > 0)
            fields.List(Changes, e.Page.Changes, new ChangeFields(e.Reader));
        fields.Number(NextAfter, e.Page.NextAfter?.Value);
        fields.Number(FieldNames.MaxSeqNo, e.Page.MaxSeqNo.Value);
    }
}
