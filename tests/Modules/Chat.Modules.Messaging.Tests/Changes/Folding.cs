using Chat.BuildingBlocks.Ids;
using Chat.BuildingBlocks.Text;
using Chat.Modules.Messaging.Changes;
using Chat.Modules.Messaging.Contracts;
using Chat.Modules.Messaging.Log;
using static Chat.Modules.Messaging.Tests.Words;

namespace Chat.Modules.Messaging.Tests.Changes;

/// <summary>Makes changes, and folds them as a client would: with the entries alone.</summary>
internal static class Folding
{
    public static MessageDraft Edit(this LoggedMessage target, UserId sender, string clientMsgId, string text, SeqNo? basedOn = null) =>
        Draft(target, sender, clientMsgId, new MessageContent(Utf8Text.Of(text)) { Kind = MessageKind.Edit, Change = new MessageChange(TargetOf(target)) { BasedOn = basedOn } });

    public static MessageDraft Delete(this LoggedMessage target, UserId sender, string clientMsgId) =>
        Draft(target, sender, clientMsgId, new MessageContent(default) { Kind = MessageKind.Delete, Change = new MessageChange(TargetOf(target)), Thread = target.Content.Thread });

    public static MessageDraft React(this LoggedMessage target, UserId sender, string clientMsgId, string emoji, bool on = true) =>
        Draft(target, sender, clientMsgId, new MessageContent(default) { Kind = MessageKind.Reaction, Change = new MessageChange(TargetOf(target)) { Emoji = emoji, On = on } });

    public static MessageDraft Pin(this LoggedMessage target, UserId sender, string clientMsgId, bool on = true) =>
        Draft(target, sender, clientMsgId, new MessageContent(default) { Kind = MessageKind.Pin, Change = new MessageChange(TargetOf(target)) { On = on } });

    public static MessageTarget TargetOf(LoggedMessage target) => new(target.Id, target.SeqNo);

    /// <summary>
    /// The states that the entries of a conversation add up to, of those messages that have one. Each entry must have an effect. Of a deleted message the earlier edits are not in the log
    /// any more, so they are in neither of the two that are compared (<see cref="Comparable"/>).
    /// </summary>
    public static Dictionary<SeqNo, MessageState> Fold(IEnumerable<LoggedMessage> entries, ChangeLimits? limits = null)
    {
        var messages = new Dictionary<SeqNo, LoggedMessage>();
        var own = new Dictionary<(SeqNo, UserId, string?), OwnReaction>();
        foreach (var entry in entries)
        {
            if (entry.Content.IsMessagePlace)
            {
                // What it said before it was deleted.
                messages.Add(entry.SeqNo, entry with { State = null, Content = entry.Content.IsShown ? entry.Content : MessageContent.Of("") });
                if (entry.Content.Thread is { } thread)
                    messages[thread.SeqNo] = messages[thread.SeqNo] with { State = ThreadFold.Add(messages[thread.SeqNo].State, entry.Sender.User, entry.SeqNo) };
            }
            else if (entry.Content.Change is { } change)
            {
                var target = messages[change.Target.SeqNo];
                var reaction = own.TryGetValue((target.SeqNo, entry.Sender.User, change.Emoji), out var known) ? known : default(OwnReaction?);
                var draft = new MessageDraft(entry.Conversation, entry.Sender, entry.ClientMsgId, entry.Content, entry.Timestamp);
                var verdict = ChangeJudge.Judge(
                    new ChangeFacts(target, reaction, messages.Values.Count(message => message.State is { IsPinned: true }))
                    {
                        Root = entry.Content.Thread is { } root ? messages[root.SeqNo].State : null,
                    },
                    draft, entry.SeqNo, limits ?? ChangeLimits.Default);
                var effect = Assert.IsType<Effect>(verdict);
                Assert.Equal(entry.Content, effect.Content);
                messages[target.SeqNo] = target with { State = effect.State };
                if (effect.Root is not null)
                    messages[entry.Content.Thread!.SeqNo] = messages[entry.Content.Thread.SeqNo] with { State = effect.Root };
                if (entry.Content.Kind == MessageKind.Reaction)
                    own[(target.SeqNo, entry.Sender.User, change.Emoji)] = new OwnReaction(entry.SeqNo, change.On);
            }
        }
        return messages.Values.Where(message => message.State is not null).ToDictionary(message => message.SeqNo, message => Comparable(message.State!));
    }

    /// <summary>The states of what was read.</summary>
    public static Dictionary<SeqNo, MessageState> StatesOf(IEnumerable<LoggedMessage> read) =>
        read.Where(message => message.State is not null).ToDictionary(message => message.SeqNo, message => Comparable(message.State!));

    private static MessageState Comparable(MessageState state) => state.Deletion is null ? state : state with { Edits = [] };

    private static MessageDraft Draft(LoggedMessage target, UserId sender, string clientMsgId, MessageContent content) =>
        new(target.Conversation, sender.Phone(), clientMsgId, content, Now);
}
