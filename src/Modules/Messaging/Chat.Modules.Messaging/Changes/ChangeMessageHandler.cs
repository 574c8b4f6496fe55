using Chat.BuildingBlocks.Errors;
using Chat.BuildingBlocks.Ids;
using Chat.BuildingBlocks.Mediation;
using Chat.Modules.Groups.Contracts;
using Chat.Modules.Media.Contracts;
using Chat.Modules.Messaging.Contracts;
using Chat.Modules.Messaging.Log;
using Chat.Modules.Messaging.Sending;
using MediatR;
using Microsoft.Extensions.Options;

namespace Chat.Modules.Messaging.Changes;

/// <summary>
/// Who may change what, and until when. It asks the judge first, so that nearly all refusals are named without an append; the log's writer asks it again, as others change the same message.
/// </summary>
internal sealed class ChangeMessageHandler(
    IMessageLog log, IMediator mediator, AppendedPublisher publisher, WaitingAppends appends, MentionRules mentions, IMediaAttachments attachments,
    MessagingMetrics metrics, IOptions<MessagingOptions> options, TimeProvider clock)
    : ICommandHandler<ChangeMessage, SentMessage>
{
    public async Task<Result<SentMessage>> Handle(ChangeMessage command, CancellationToken ct)
    {
        var started = metrics.Start();
        // Until it is answered: what the device does next is judged by what this has done.
        using var turn = appends.Turns.Take(command.Sender, isReady: false);
        await turn.ComesAsync();
        var verdict = await CheckAsync(command, ct);
        return verdict switch
        {
            Refused refused => await AnswerAsync(command, null, ct) ?? refused.Error,
            AlreadySo so => await AnswerAsync(command, so, ct) ?? MessagingErrors.NotAMember,
            ToAppend append => await AppendAsync(append, started, ct),
            _ => throw new InvalidOperationException($"{verdict} is no verdict."),
        };
    }

    // A retry gets the first answer, whatever has changed since.
    private async Task<Result<SentMessage>?> AnswerAsync(ChangeMessage command, AlreadySo? so, CancellationToken ct)
    {
        var entry = await log.FindAttemptAsync(command.Sender.User, command.ClientMsgId, ct);
        if (entry is null && so is not null)
            entry = (await log.ReadAtAsync(command.To, [so.Entry], ct))[0];
        if (entry is null)
            return null;
        var earlier = AppendedMessage.Earlier(entry);
        await publisher.PublishOnceAsync(earlier);
        return earlier.ToSent();
    }

    // Not cancelled with the request.
    private async Task<Result<SentMessage>> AppendAsync(ToAppend append, long started, CancellationToken ct)
    {
        // Before, as nobody knows the files afterwards. Those of a message that is there all the same are kept.
        if (append.Draft.Content.Kind == MessageKind.Delete && append.Target.Content.Media is { Count: > 0 } media)
            await attachments.ReleaseAsync([.. media.Select(one => one.Id)], ct);
        return await appends.AppendAsync(append.Draft, started);
    }

    // In the order in which the protocol names refusals.
    private async Task<Verdict> CheckAsync(ChangeMessage command, CancellationToken ct)
    {
        if (await mediator.Send(new GetMembershipAsReader(command.To, command.Sender.User), ct) is not { } membership
            || await log.FindAsync(command.Target, ct) is not { } found || found.Conversation != command.To || found.SeqNo <= membership.VisibleAfter)
            return MessagingErrors.NotAMember;
        var emoji = command.Emoji is null ? null : Emoji.Qualify(command.Emoji);
        var draft = new MessageDraft(command.To, command.Sender, command.ClientMsgId, ToContent(command, found.SeqNo, emoji), clock.GetUtcNow());
        if (await log.ReadFactsAsync(draft, ct) is not { } facts || !(facts.Target.IsShown || facts.Target.Content.IsChange))
            return MessagingErrors.NotAMember;
        if (facts.Target.Content.IsChange)
            return MessagingErrors.TargetIsChange;
        if (await MayAsync(command, facts.Target, ct) is { } forbidden)
            return forbidden;
        // Without its emoji a reaction can only be judged as far as its message goes.
        var verdict = command.Kind == MessageKind.Reaction && emoji is null && facts.Target.State?.Deletion is null
            ? Error.BadRequest("emoji is one emoji of Unicode's RGI set.")
            : ChangeJudge.Judge(facts, draft, facts.Target.SeqNo.Next, options.Value.ChangeLimits);
        if (verdict is AlreadySo or Refused { Error.Code: ErrorCodes.Conflict })
            return verdict;
        if (await IsTooLateAsync(command, facts.Target, ct) is { } late)
            return late;
        if (command.Kind == MessageKind.Edit
            && (CheckText(command, facts.Target) ?? await mentions.CheckAsync(command.To, command.Sender.User, command.Mentions, ct)) is { } malformed)
            return malformed;
        if (verdict is not Effect)
            return verdict;
        // The thread that it was in has one message less.
        if (command.Kind == MessageKind.Delete && facts.Target.Content.Thread is { } thread)
            draft = draft with { Content = draft.Content with { Thread = thread } };
        return new ToAppend(draft, facts.Target);
    }

    private async Task<Error?> MayAsync(ChangeMessage command, LoggedMessage target, CancellationToken ct) =>
        command.Kind is MessageKind.Reaction or MessageKind.Pin || target.Sender.User == command.Sender.User
            || (command.Kind == MessageKind.Delete && await IsAdminAsync(command, ct))
            ? null : MessagingErrors.NotYours;

    private async Task<Error?> IsTooLateAsync(ChangeMessage command, LoggedMessage target, CancellationToken ct)
    {
        var window = command.Kind switch
        {
            MessageKind.Edit => options.Value.EditWindow,
            MessageKind.Delete => options.Value.DeleteWindow,
            _ => TimeSpan.Zero,
        };
        return window == TimeSpan.Zero || clock.GetUtcNow() - target.Timestamp <= window || (command.Kind == MessageKind.Delete && await IsAdminAsync(command, ct))
            ? null : MessagingErrors.TooLate(window);
    }

    private async Task<bool> IsAdminAsync(ChangeMessage command, CancellationToken ct) =>
        !command.To.IsDirect && await mediator.Send(new GetRole(command.To, command.Sender.User), ct) is GroupRole.Admin or GroupRole.Owner;

    private Error? CheckText(ChangeMessage command, LoggedMessage target) =>
        command.Text.Length == 0 && target.Content.Media.Count == 0 ? Error.BadRequest("The text is empty.")
        : command.Text.Length > options.Value.MaxTextBytes ? MessagingErrors.TextTooLarge(options.Value.MaxTextBytes)
        : command.Text.IsValid ? null : Error.BadRequest("The text is not UTF-8.");

    private static MessageContent ToContent(ChangeMessage command, SeqNo target, string? emoji) => new(command.Kind == MessageKind.Edit ? command.Text : default)
    {
        Kind = command.Kind,
        Seen = command.Seen,
        Mentions = command.Kind == MessageKind.Edit ? command.Mentions : null,
        Change = new MessageChange(new MessageTarget(command.Target, target))
        {
            Emoji = command.Kind == MessageKind.Reaction ? emoji : null,
            On = command.Kind is MessageKind.Reaction or MessageKind.Pin && command.On,
            BasedOn = command.Kind == MessageKind.Edit ? command.BasedOn : null,
        },
    };

    private sealed record ToAppend(MessageDraft Draft, LoggedMessage Target) : Verdict;
}
