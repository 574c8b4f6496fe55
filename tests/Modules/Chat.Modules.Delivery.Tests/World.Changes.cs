using Chat.BuildingBlocks.Ids;
using Chat.BuildingBlocks.Text;
using Chat.Modules.Messaging.Contracts;

namespace Chat.Modules.Delivery.Tests;

// Changes of messages.
internal sealed partial class World
{
    /// <summary>An edit in the log, of which nobody has been told. Its message is in its new state.</summary>
    public MessageAppended Edit(LoggedMessage target, DeviceAddress sender, string text = "changed", int hole = 0)
    {
        lock (_gate)
        {
            var messages = _log[target.Conversation];
            var content = new MessageContent(Utf8Text.Of(text))
            {
                Kind = MessageKind.Edit,
                Change = new MessageChange(new MessageTarget(target.Id, target.SeqNo)),
                PreviousMessage = messages.FindLast(entry => entry.Content.IsMessagePlace)!.SeqNo,
            };
            var appended = Append(target.Conversation, sender, content, hole);
            var place = messages.FindIndex(entry => entry.SeqNo == target.SeqNo);
            messages[place] = messages[place] with
            {
                State = new MessageState { ChangedSeqNo = appended.Message.SeqNo, Edit = new MessageEdit(content.Text, Clock.GetUtcNow(), Concurrent: false) },
            };
            return appended;
        }
    }

    /// <summary>A notice that the connections of the members are told.</summary>
    public MessageAppended Tell(ConversationId conversation, UserId by)
    {
        MessageAppended appended;
        lock (_gate)
        {
            var previous = _log.GetValueOrDefault(conversation)?.FindLast(entry => entry.Content.IsMessagePlace)?.SeqNo ?? SeqNo.None;
            appended = Append(conversation, Device(by.Value), new MessageContent(default)
            {
                Kind = MessageKind.Notice, Notice = new ConversationNotice(ConversationNotice.TitleChanged) { Value = "other" }, PreviousMessage = previous,
            }, hole: 0);
        }
        Offer(appended);
        return appended;
    }

    /// <summary>A message is in a state from now on.</summary>
    public void SetState(MessageAppended target, MessageState state)
    {
        lock (_gate)
        {
            var messages = _log[target.Message.Conversation];
            var place = messages.FindIndex(entry => entry.SeqNo == target.Message.SeqNo);
            messages[place] = messages[place].In(state);
        }
    }

    /// <summary>An edit that the connections of the members are told.</summary>
    public MessageAppended Change(MessageAppended target, DeviceAddress sender, string text = "changed")
    {
        var appended = Edit(target.Message, sender, text);
        Offer(appended);
        return appended;
    }

    /// <summary>A message's content goes from the log, its place stays.</summary>
    public void Erase(MessageAppended appended)
    {
        lock (_gate)
        {
            var messages = _log[appended.Message.Conversation];
            messages[messages.IndexOf(appended.Message)] = appended.Message with { Content = MessageContent.Erased };
        }
    }

    private IReadOnlyCollection<UserId> NotShown(LoggedMessage message) =>
        message.Content.Change is { } change ? NotShown(message.Conversation, change.Target.SeqNo) : [];

    private IReadOnlyCollection<UserId> NotShown(ConversationId conversation, SeqNo place)
    {
        lock (_gate)
            return [.. _groups.GetValueOrDefault(conversation, []).Where(member => member.Value.VisibleAfter >= place).Select(member => member.Key)];
    }
}
