using Chat.BuildingBlocks.Errors;
using Chat.BuildingBlocks.Http;
using Chat.BuildingBlocks.Ids;
using Chat.Modules.Delivery.Notifications.Due;
using Chat.Modules.Delivery.Notifications.Subscriptions;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Logging;

namespace Chat.Modules.Delivery.Notifications.Dead;

/// <summary><c>/v1/admin/push/dead</c>: the notifications that were given up, for the users in Auth:Admins.</summary>
internal static class DeadEndpoints
{
    private const int DefaultLimit = 50;
    private const int MaxLimit = 200;

    public static void MapDeadNotifications(this IEndpointRouteBuilder routes)
    {
        var group = routes.MapGroup("/v1/admin/push/dead").WithTags("Administration").RequireAuthorization(AdminsPolicy.Name).Refuses(ErrorCodes.Forbidden);
        group.MapGet("", async (IDeadLetters dead, CancellationToken ct, int limit = DefaultLimit, string? cursor = null) =>
            {
                Guid? before = null;
                if (limit < 1)
                    return HttpErrors.ToProblem(Error.BadRequest("limit is 1 or more."));
                if (cursor is not null)
                {
                    if (!Guid.TryParseExact(cursor, "D", out var id))
                        return HttpErrors.ToProblem(Error.BadRequest("cursor is the next of the page before."));
                    before = id;
                }
                var asked = Math.Min(limit, MaxLimit);
                var found = await dead.ReadAsync(before, asked + 1, ct);
                return Results.Ok(new Page([.. found.Take(asked).Select(View.Of)], found.Count > asked ? found[asked - 1].Id : null));
            })
            .WithSummary("Notifications that were given up, the newest first.").Produces<Page>();
        group.MapPost("/{id}/retry", async (
                string id, Caller caller, IDeadLetters dead, DueItems due, ISubscriptionStore subscriptions, ILogger<IDeadLetters> log, TimeProvider clock, CancellationToken ct) =>
            {
                if (!Guid.TryParseExact(id, "D", out var parsed) || await dead.FindAsync(parsed, ct) is not { } letter || await subscriptions.FindAsync(letter.Device, ct) is not { } subscription)
                    return HttpErrors.ToProblem(new Error(ErrorCodes.NotFound, "There is no such notification, or its device is not subscribed any more."));
                await due.AddAsync([subscription], letter.Conversation, letter.SeqNo, clock.GetUtcNow(), ct);
                await dead.RemoveAsync(parsed, ct);
                log.SentAgain(caller.User, letter.Device, letter.Conversation, letter.Reason, letter.Attempts);
                return Results.NoContent();
            })
            .WithSummary("Sends one again, if it is still owed.").Produces(StatusCodes.Status204NoContent).Refuses(ErrorCodes.NotFound);
    }

    internal sealed record Page(IReadOnlyList<View> Dead, Guid? Next);

    internal sealed record View(
        Guid Id, string Kind, UserId UserId, DeviceId DeviceId, ConversationId ConversationId, SeqNo SeqNo, string Reason, int Status, int Attempts, long Since, long DiedAt)
    {
        public static View Of(DeadLetter letter) => new(
            letter.Id, letter.Kind.Name(), letter.Device.User, letter.Device.Device, letter.Conversation, letter.SeqNo, letter.Reason, letter.Status, letter.Attempts,
            letter.Since.ToUnixTimeMilliseconds(), letter.DiedAt.ToUnixTimeMilliseconds());
    }
}
