using System.Buffers;
using Chat.BuildingBlocks.Errors;
using Chat.BuildingBlocks.Ids;
using Chat.BuildingBlocks.Mediation;
using Chat.Modules.Groups.Contracts;
using Chat.Modules.Media.Contracts;
using Chat.Modules.Messaging.Contracts;
using Chat.Modules.Messaging.Log;
using MediatR;

namespace Chat.Modules.Messaging.Sending;

internal sealed class SendMessageHandler(
    IMessageLog log, IMediator mediator, IEnumerable<ISendLimit> limits, DirectConversationLimits directs, AppendedPublisher publisher, WaitingAppends appends,
    MentionRules mentions, IMediaAttachments attachments, MessagingMetrics metrics, TimeProvider clock)
    : ICommandHandler<SendMessage, SentMessage>
{
    private static readonly SearchValues<char> Directions =
        SearchValues.Create("\u061C\u200E\u200F\u202A\u202B\u202C\u202D\u202E\u2066\u2067\u2068\u2069");

    private readonly ISendLimit[] _limits = [.. limits];

    public Task<Result<SentMessage>> Handle(SendMessage command, CancellationToken ct)
    {
        var started = metrics.Start();
        var checking = CheckAsync(command, ct);
        // As it is nearly always: nothing to wait for but the append.
        if (!checking.IsCompletedSuccessfully || !appends.Turns.IsFree(command.Sender))
            return HandleInTurnAsync(command, checking, started, ct);
        var content = checking.Result;
        return content.IsOk ? AppendAsync(command, content.Value, started) : AnswerRefusedAsync(command, content.Error, ct);
    }

    private async Task<Result<SentMessage>> HandleInTurnAsync(SendMessage command, ValueTask<Result<MessageContent>> checking, long started, CancellationToken ct)
    {
        Result<MessageContent> content;
        Task<Result<SentMessage>>? appending = null;
        using (var turn = appends.Turns.Take(command.Sender, checking.IsCompleted))
        {
            await turn.ComesAsync();
            content = await checking;
            if (content.IsOk)
                appending = AppendAsync(command, content.Value, started);
        }
        return await (appending ?? AnswerRefusedAsync(command, content.Error!, ct));
    }

    // Not cancelled with the request.
    private Task<Result<SentMessage>> AppendAsync(SendMessage command, MessageContent content, long started) => appends.AppendAsync(
        new MessageDraft(command.To, command.Sender, command.ClientMsgId, content, clock.GetUtcNow()), started);

    // A retry gets the first answer, whatever has changed since.
    private async Task<Result<SentMessage>> AnswerRefusedAsync(SendMessage command, Error refusal, CancellationToken ct)
    {
        if (await log.FindAttemptAsync(command.Sender.User, command.ClientMsgId, ct) is not { } message)
            return refusal;
        var earlier = AppendedMessage.Earlier(message);
        await publisher.PublishOnceAsync(earlier);
        return earlier.ToSent();
    }

    // The content to append, or the refusal.
    private async ValueTask<Result<MessageContent>> CheckAsync(SendMessage command, CancellationToken ct)
    {
        if (await mediator.Send(new GetMembership(command.To, command.Sender.User), ct) is null)
            return MessagingErrors.NotAMember;
        if (command.Content.ReplyTo is { } replyTo && await FindShownAsync(replyTo, command, ct) is not { Content.IsMessagePlace: true })
            return Error.BadRequest("replyTo names no message of this conversation.");
        var content = command.Content;
        if (command.Thread is { } thread)
        {
            var root = await FindRootAsync(thread, command, ct);
            if (!root.IsOk)
                return root.Error;
            content = content with { Thread = root.Value };
        }
        if (content.Mentions is { IsEmpty: true })
            content = content with { Mentions = null };
        if (await mentions.CheckAsync(command.To, command.Sender.User, content.Mentions, ct) is { } mentioned)
            return mentioned;
        foreach (var limit in _limits)
        {
            if (limit.Admit(command.Sender.User, command.ClientMsgId, clock.GetUtcNow()) is { } refusal)
                return refusal;
        }
        if (await directs.AdmitAsync(command.To, command.Sender.User) is { } tooMany)
            return tooMany;
        return command.Media is { Count: > 0 } media ? await AttachAsync(command, content, media, ct) : content;
    }

    // What stands under an id in the conversation, if the sender is shown that place. A change has an id, too.
    private async ValueTask<LoggedMessage?> FindShownAsync(MessageId id, SendMessage command, CancellationToken ct) =>
        await log.FindAsync(id, ct) is { } found && found.Conversation == command.To
        && await mediator.Send(new GetMembershipAsReader(command.To, command.Sender.User), ct) is { } membership && found.SeqNo > membership.VisibleAfter
            ? (await log.ReadAtAsync(command.To, [found.SeqNo], ct))[0] : null;

    private async ValueTask<Result<MessageTarget>> FindRootAsync(MessageId id, SendMessage command, CancellationToken ct)
    {
        if (await FindShownAsync(id, command, ct) is not { } root)
            return MessagingErrors.NotAMember;
        return root.Content.IsChange ? Error.BadRequest("threadId names a change, not a message.")
            : !root.IsShown ? MessagingErrors.NotAMember
            : root.Content.Thread is not null ? MessagingErrors.RootInThread
            : new MessageTarget(id, root.SeqNo);
    }

    private async Task<Result<MessageContent>> AttachAsync(SendMessage command, MessageContent content, IReadOnlyList<MediaReference> media, CancellationToken ct)
    {
        // A retry is answered with its first result by the append; it may be that its files are gone, or are no longer the sender's to read.
        if (await log.FindAttemptAsync(command.Sender.User, command.ClientMsgId, ct) is not null)
            return content;
        var attached = await attachments.AttachAsync(new MediaAttachment(command.Sender, command.ClientMsgId, command.To, [.. media.Select(one => one.Id)]), ct);
        return attached.IsOk ? content with { Media = [.. media.Zip(attached.Value, Describe)] } : attached.Error;
    }

    // With a mark that turns the direction of writing, a program's name can look like a picture's.
    private static string? Harmless(string? name) =>
        name is null || !name.AsSpan().ContainsAny(Directions) ? name
        : string.Concat(name.Where(unit => !Directions.Contains(unit))) is { Length: > 0 } rest ? rest
        : null;

    private static MessageMedia Describe(MediaReference said, MediaDescription media) => new(media.Id, media.ContentType, media.Size)
    {
        Name = Harmless(said.Name) ?? media.Name,
        Width = media.Width,
        Height = media.Height,
        DurationMs = media.DurationMs,
        Blurhash = media.Blurhash,
        Thumbnail = media.HasThumbnail,
        Voice = said.Voice,
        Waveform = said.Waveform,
    };
}
