using Chat.BuildingBlocks.Errors;
using Chat.BuildingBlocks.Ids;
using Chat.BuildingBlocks.Mediation;
using Chat.Modules.Delivery.Contracts;
using Chat.Modules.Groups.Contracts;
using Chat.Modules.Messaging.Contracts;
using Chat.Modules.Messaging.Log;
using MediatR;

namespace Chat.Modules.Messaging.Settings;

internal sealed class ChangeOwnSettingsHandler(OwnSettingsDirectory directory, IMessageLog log, IMediator mediator, TimeProvider clock)
    : ICommandHandler<ChangeOwnSettings, OwnSettings>
{
    public async Task<Result<OwnSettings>> Handle(ChangeOwnSettings command, CancellationToken ct)
    {
        var (user, conversation) = (command.Caller.User, command.Conversation);
        if (await mediator.Send(new GetMembership(conversation, user), ct) is not { } membership)
            return MessagingErrors.NotAMember;
        var head = await log.GetHeadAsync(conversation, ct);
        // Everybody is a member of any number of direct conversations that nobody has begun: a row for each would have no limit.
        if (conversation.IsDirect && head == SeqNo.None)
            return MessagingErrors.NothingToSet;
        if (command.ClearedUpTo > head.Value)
            return MessagingErrors.NothingToClear;

        var read = conversation.IsNoteToSelf ? head : SeqNo.Max(membership.JoinedAt, (await mediator.Send(new GetReadPlaces(user, [conversation]), ct)).GetValueOrDefault(conversation));
        var before = command.ClearedUpTo is null ? OwnSettings.None : await directory.ReadAsync(user, conversation, ct);
        var change = ToChange(command, head, read, before.ClearedUpTo);
        if (change != OwnSettingsChange.Nothing)
            await directory.ChangeAsync(user, conversation, change, ct);
        var settings = await directory.ReadAsync(user, conversation, ct);
        return settings.At(clock.GetUtcNow(), await FindNewestAsync(settings, conversation, head, ct), read);
    }

    private static OwnSettingsChange ToChange(ChangeOwnSettings command, SeqNo head, SeqNo read, SeqNo cleared) =>
        new(command.MutedUntil is { } time ? DateTimeOffset.FromUnixTimeMilliseconds(time) : null)
        {
            // What came while the user deleted the conversation brings it back.
            ArchivedBelow = command.Archived is { } archived ? archived ? new SeqNo(command.ClearedUpTo ?? head.Value).Next : SeqNo.None : null,
            IsPinned = command.Pinned,
            UnreadBelow = command.MarkedUnread is { } marked ? marked ? read.Next : SeqNo.None : null,
            ClearedUpTo = command.ClearedUpTo > cleared.Value ? new SeqNo(command.ClearedUpTo.Value) : null,
            Draft = command.Draft,
        };

    // The newest message is needed only where something stands above what was archived: that may be changes alone.
    private async ValueTask<SeqNo> FindNewestAsync(OwnSettings settings, ConversationId conversation, SeqNo head, CancellationToken ct) =>
        head < settings.ArchivedBelow || !settings.IsArchived ? head
        : await log.ReadBeforeAsync(conversation, head.Next, limit: 1, ct) is [var newest] ? newest.Content.PreviousMessage ?? newest.SeqNo
        : SeqNo.None;
}
