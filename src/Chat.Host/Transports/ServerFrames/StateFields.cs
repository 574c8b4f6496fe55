using System.Text.Json;
using Chat.Host.Transports.Frames;
using Chat.Modules.Messaging.Contracts;

namespace Chat.Host.Transports.ServerFrames;

/// <summary>What has changed a message: fields of the message, beside its text.</summary>
/// <param name="mine">The emoji that the receiver has set; null for none.</param>
internal readonly struct StateFields(IReadOnlyList<string>? mine) : IFieldsOf<MessageState>
{
    private static readonly JsonEncodedText EditedAt = JsonEncodedText.Encode("editedAt");
    private static readonly JsonEncodedText Deleted = JsonEncodedText.Encode("deleted");
    private static readonly JsonEncodedText Reactions = JsonEncodedText.Encode("reactions");
    private static readonly JsonEncodedText Pinned = JsonEncodedText.Encode("pinned");
    private static readonly JsonEncodedText Thread = JsonEncodedText.Encode("thread");
    private static readonly JsonEncodedText Count = JsonEncodedText.Encode("count");
    private static readonly JsonEncodedText ChangedSeqNo = JsonEncodedText.Encode("changedSeqNo");

    public void WriteTo<TWriter>(MessageState state, ref TWriter fields) where TWriter : struct, IFieldWriter
    {
        if (state.Deletion is { } deletion)
            fields.Object(Deleted, deletion, default(DeletionFields));
        if (state.Edit is { } edit)
        {
            fields.Number(EditedAt, edit.At.ToUnixTimeMilliseconds());
            if (edit.Concurrent)
                fields.Flag(FieldNames.Concurrent, true);
        }
        if (state.Reactions.Count > 0)
            fields.List(Reactions, state.Reactions, new ReactionFields(mine));
        if (state.IsPinned)
            fields.Flag(Pinned, true);
        if (state.Thread is { } thread)
            fields.Object(Thread, thread, default(ThreadFields));
        fields.Number(ChangedSeqNo, state.ChangedSeqNo.Value);
    }

    private readonly struct ThreadFields : IFieldsOf<MessageThread>
    {
        private static readonly JsonEncodedText LastSeqNo = JsonEncodedText.Encode("lastSeqNo");

        public void WriteTo<TWriter>(MessageThread thread, ref TWriter fields) where TWriter : struct, IFieldWriter
        {
            fields.Number(Count, thread.Count);
            fields.Number(LastSeqNo, thread.LastSeqNo.Value);
            fields.Users(FieldNames.UserIds, thread.Users);
        }
    }

    private readonly struct DeletionFields : IFieldsOf<MessageDeletion>
    {
        private static readonly JsonEncodedText By = JsonEncodedText.Encode("by");
        private static readonly JsonEncodedText At = JsonEncodedText.Encode("at");

        public void WriteTo<TWriter>(MessageDeletion deletion, ref TWriter fields) where TWriter : struct, IFieldWriter
        {
            fields.Text(By, deletion.By.Value);
            fields.Number(At, deletion.At.ToUnixTimeMilliseconds());
        }
    }

    private readonly struct ReactionFields(IReadOnlyList<string>? mine) : IFieldsOf<MessageReaction>
    {
        private static readonly JsonEncodedText Mine = JsonEncodedText.Encode("mine");

        public void WriteTo<TWriter>(MessageReaction reaction, ref TWriter fields) where TWriter : struct, IFieldWriter
        {
            fields.Text(FieldNames.Emoji, reaction.Emoji);
            fields.Number(Count, reaction.Count);
            if (mine?.Contains(reaction.Emoji) is true)
                fields.Flag(Mine, true);
            fields.Users(FieldNames.UserIds, reaction.Users);
        }
    }
}
