using Chat.BuildingBlocks.Errors;
using Chat.BuildingBlocks.Ids;
using Chat.Modules.Groups.Contracts;
using Chat.Modules.Messaging.Contracts;
using MediatR;
using Microsoft.Extensions.Options;

namespace Chat.Modules.Messaging.Sending;

/// <summary>Whom a message, or an edit, may mention.</summary>
internal sealed class MentionRules(IMediator mediator, IOptions<MessagingOptions> options)
{
    /// <returns>The refusal; null if it may.</returns>
    public ValueTask<Error?> CheckAsync(ConversationId conversation, UserId sender, Mentions? mentions, CancellationToken ct) =>
        mentions is null or { IsEmpty: true } ? default
        : mentions.IsAll ? new(CheckAllAsync(conversation, sender, ct))
        : new(CheckUsersAsync(conversation, mentions.Users, ct));

    private async Task<Error?> CheckAllAsync(ConversationId conversation, UserId sender, CancellationToken ct) =>
        conversation.IsDirect
        || (await mediator.Send(new GetMembers(conversation), ct)).Count <= options.Value.MentionAllMembers
        || await mediator.Send(new GetRole(conversation, sender), ct) is GroupRole.Admin or GroupRole.Owner
            ? null : MessagingErrors.MayNotMentionAll(options.Value.MentionAllMembers);

    private async Task<Error?> CheckUsersAsync(ConversationId conversation, IReadOnlyList<UserId> users, CancellationToken ct)
    {
        if (users.Count > Mentions.MaxUsers)
            return Error.BadRequest($"A message mentions at most {Mentions.MaxUsers} users.");
        if (users.Distinct().Count() < users.Count)
            return Error.BadRequest("A message mentions a user once.");
        foreach (var user in users)
        {
            if (await mediator.Send(new GetMembership(conversation, user), ct) is null)
                return Error.BadRequest("mentions names somebody who is no member.");
        }
        return null;
    }
}
