using Chat.BuildingBlocks.Errors;
using Chat.BuildingBlocks.Ids;
using Chat.Modules.Messaging.Contracts;
using Chat.Modules.Messaging.Log;
using MediatR;

namespace Chat.Modules.Messaging.Changes;

/// <summary>Messages as their readers may see them.</summary>
internal sealed class ChangedMessages(IMessageLog log, IMediator mediator)
{
    /// <summary>A message in its present state. Refusals: <see cref="MessagingErrors.NotAMember"/>, <see cref="MessagingErrors.TargetIsChange"/>.</summary>
    public async Task<Result<LoggedMessage>> FindAsync(ConversationId conversation, MessageId message, UserId reader, CancellationToken ct)
    {
        if (await mediator.Send(new GetMembershipAsReader(conversation, reader), ct) is not { } membership
            || await log.FindAsync(message, ct) is not { } found || found.Conversation != conversation || found.SeqNo <= membership.VisibleAfter
            || (await log.ReadAtAsync(conversation, [found.SeqNo], ct))[0] is not { } entry)
            return MessagingErrors.NotAMember;
        return entry.IsShown ? entry : entry.Content.IsChange ? MessagingErrors.TargetIsChange : MessagingErrors.NotAMember;
    }

    /// <summary>Messages with what their reader has set on them.</summary>
    public async Task<List<MessageView>> ViewAsync(ConversationId conversation, IReadOnlyList<LoggedMessage> messages, UserId reader, CancellationToken ct)
    {
        var mine = await ReadOwnAsync(conversation, messages, reader, ct);
        return [.. messages.Select(message => new MessageView(message, mine.GetValueOrDefault(message.SeqNo, [])))];
    }

    /// <summary>What a user has set on some messages; only those with reactions are asked for.</summary>
    public async Task<IReadOnlyDictionary<SeqNo, IReadOnlyList<string>>> ReadOwnAsync(
        ConversationId conversation, IReadOnlyList<LoggedMessage> messages, UserId user, CancellationToken ct)
    {
        List<SeqNo> reacted = [.. messages.Where(message => message.State is { Reactions.Count: > 0 }).Select(message => message.SeqNo)];
        return reacted.Count == 0 ? MessagePage.NoReactions : await log.ReadOwnReactionsAsync(conversation, reacted, user, ct);
    }
}
