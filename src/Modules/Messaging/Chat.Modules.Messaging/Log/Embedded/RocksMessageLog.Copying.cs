using System.Text;
using Chat.BuildingBlocks.Ids;
using Chat.BuildingBlocks.Storage.Rocks;
using Chat.Modules.Messaging.Changes;
using Chat.Modules.Messaging.Contracts;

namespace Chat.Modules.Messaging.Log.Embedded;

// All of the log, a page after the other, for who copies it.
internal sealed partial class RocksMessageLog
{
    // A page of messages ends here, too.
    private const int PageBytes = 4 * 1024 * 1024;

    /// <summary>How many messages there are, roughly.</summary>
    public long EstimateMessages()
    {
        using var view = _store.View();
        return long.TryParse(view.Db.GetProperty("rocksdb.estimate-num-keys", _messages.Handle), out var count) ? count : 0;
    }

    /// <summary>Messages after one, by conversation and seqNo; null for the first.</summary>
    public IReadOnlyList<LoggedMessage> ReadMessages((ConversationId Conversation, SeqNo SeqNo)? after, int limit)
    {
        var found = new List<LoggedMessage>();
        using var view = _store.View();
        using var messages = view.Walk(_messages);
        if (after is var (conversation, seqNo))
            messages.Seek(LogKeys.Message(conversation, seqNo.Next));
        else
            messages.SeekToFirst();
        for (var bytes = 0; found.Count < limit && bytes < PageBytes && messages.Valid(); messages.Next())
        {
            var (of, at) = LogKeys.ReadMessage(messages.GetKeySpan());
            bytes += messages.GetValueSpan().Length;
            found.Add(MessageCodec.Decode(of, at, messages.GetValueSpan()));
        }
        messages.ThrowIfDamaged();
        return found;
    }

    /// <summary>The heads of the conversations after one, in the order of their keys; null for the first.</summary>
    public IReadOnlyList<(ConversationId Conversation, SeqNo Head)> ReadHeads(ConversationId? after, int limit)
    {
        var found = new List<(ConversationId, SeqNo)>();
        using var view = _store.View();
        using var messages = view.Walk(_messages);
        if (after is { } last)
            messages.Seek(LogKeys.Message(last, new SeqNo(SeqNo.MaxValue)));
        else
            messages.SeekToFirst();
        while (found.Count < limit && messages.Valid())
        {
            var end = LogKeys.Message(LogKeys.ReadMessage(messages.GetKeySpan()).Conversation, new SeqNo(SeqNo.MaxValue));
            messages.SeekForPrev(end);
            found.Add(LogKeys.ReadMessage(messages.GetKeySpan()));
            messages.Seek(end);
        }
        messages.ThrowIfDamaged();
        return found;
    }

    /// <summary>Users' direct conversations after one, by user and conversation; null for the first.</summary>
    public IReadOnlyList<(UserId User, ConversationId Conversation, bool IsBegunByUser)> ReadDirects((UserId User, ConversationId Conversation)? after, int limit)
    {
        var found = new List<(UserId, ConversationId, bool)>();
        using var view = _store.View();
        using var directs = view.Walk(_directs);
        if (after is var (user, conversation))
            directs.Seek([.. LogKeys.Direct(user, conversation), 0]);
        else
            directs.SeekToFirst();
        for (; found.Count < limit && directs.Valid(); directs.Next())
        {
            var names = Encoding.ASCII.GetString(directs.GetKeySpan()).Split('\0');
            found.Add((UserId.Parse(names[0]), ConversationId.Parse(names[1]), directs.GetValueSpan().Length > 0));
        }
        directs.ThrowIfDamaged();
        return found;
    }

    /// <summary>The states of messages after one, by conversation and seqNo; null for the first.</summary>
    public IReadOnlyList<(ConversationId Conversation, SeqNo Message, MessageState State)> ReadStates((ConversationId Conversation, SeqNo Message)? after, int limit)
    {
        var found = new List<(ConversationId, SeqNo, MessageState)>();
        using var view = _store.View();
        using var states = view.Walk(_store.Default);
        states.Seek(after is var (conversation, message) ? StateKeys.State(conversation, message.Next) : StateKeys.AllStates);
        for (var bytes = 0; found.Count < limit && bytes < PageBytes && states.Valid() && states.GetKeySpan().StartsWith(StateKeys.AllStates); states.Next())
        {
            var (of, at) = LogKeys.ReadMessage(states.GetKeySpan()[StateKeys.AllStates.Length..]);
            bytes += states.GetValueSpan().Length;
            found.Add((of, at, StateCodec.Decode(states.GetValueSpan())));
        }
        states.ThrowIfDamaged();
        return found;
    }

    /// <summary>Pinned messages and the entries that pinned them, of the conversations after one; null for the first.</summary>
    public IReadOnlyList<(ConversationId Conversation, List<(SeqNo Message, SeqNo Entry)> Pins)> ReadPinned(ConversationId? after, int limit)
    {
        var found = new List<(ConversationId Conversation, List<(SeqNo Message, SeqNo Entry)> Pins)>();
        using var view = _store.View();
        using var pins = view.Walk(_store.Default);
        for (pins.Seek(after is { } last ? StateKeys.Pin(last, new SeqNo(SeqNo.MaxValue)) : StateKeys.AllPins);
            pins.Valid() && pins.GetKeySpan().StartsWith(StateKeys.AllPins);
            pins.Next())
        {
            var (conversation, message) = LogKeys.ReadMessage(pins.GetKeySpan()[StateKeys.AllPins.Length..]);
            if (found.Count == 0 || found[^1].Conversation != conversation)
            {
                if (found.Count == limit)
                    break;
                found.Add((conversation, []));
            }
            found[^1].Pins.Add((message, StateKeys.ReadEntry(pins.GetValueSpan())));
        }
        pins.ThrowIfDamaged();
        return found;
    }

    /// <summary>Keys of the default family that begin so, after one of them; null for the first.</summary>
    public IReadOnlyList<byte[]> ReadKeys(byte[] prefix, byte[]? after, int limit)
    {
        var found = new List<byte[]>();
        using var view = _store.View();
        using var keys = view.Walk(_store.Default);
        for (keys.Seek(after is null ? prefix : [.. after, 0]); found.Count < limit && keys.Valid() && keys.GetKeySpan().StartsWith(prefix); keys.Next())
            found.Add(keys.GetKeySpan().ToArray());
        keys.ThrowIfDamaged();
        return found;
    }

    /// <summary>Who has reacted to messages, also what was taken back, after a key; null for the first.</summary>
    public IReadOnlyList<KeptReaction> ReadReactions(byte[]? after, int limit)
    {
        var found = new List<KeptReaction>();
        using var view = _store.View();
        using var reactions = view.Walk(_store.Default);
        for (reactions.Seek(after is null ? StateKeys.AllReactions : [.. after, 0]);
            found.Count < limit && reactions.Valid() && reactions.GetKeySpan().StartsWith(StateKeys.AllReactions);
            reactions.Next())
        {
            var key = reactions.GetKeySpan().ToArray();
            var (conversation, message, user, emoji) = StateKeys.ReadReactionKey(key);
            found.Add(new KeptReaction(key, conversation, message, user, emoji, StateKeys.ReadReaction(reactions.GetValueSpan())));
        }
        reactions.ThrowIfDamaged();
        return found;
    }
}

/// <summary>What a user did last with an emoji on a message.</summary>
internal sealed record KeptReaction(byte[] Key, ConversationId Conversation, SeqNo Message, UserId User, string Emoji, OwnReaction Reaction);
