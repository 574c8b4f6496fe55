using Chat.BuildingBlocks.Errors;
using Chat.BuildingBlocks.Http;
using Chat.BuildingBlocks.Ids;
using Chat.Modules.Groups.Contracts;
using Chat.Modules.Messaging.Contracts;
using MediatR;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Chat.Modules.Groups.Rest;

/// <summary>Groups under /v1 (docs/protocol.md).</summary>
internal static class GroupEndpoints
{
    public static void MapGroups(this IEndpointRouteBuilder routes)
    {
        var groups = routes.MapGroup("/v1/groups").WithTags("Groups");
        groups.MapPost("", CreateAsync).Produces<GroupBody>(StatusCodes.Status201Created);
        groups.MapGet("/{id}", GetAsync).Produces<GroupBody>().Refuses(ErrorCodes.NotAMember);
        groups.MapPatch("/{id}", ChangeAsync).Produces<GroupBody>().Refuses(ErrorCodes.NotAMember);
        groups.MapPost("/{id}/members", AddMembersAsync).Produces<GroupBody>().Refuses(ErrorCodes.NotAMember);
        groups.MapDelete("/{id}/members/{userId}", RemoveMemberAsync).Produces(StatusCodes.Status204NoContent)
            .Refuses(ErrorCodes.NotAMember, ErrorCodes.NotFound);
        groups.MapPatch("/{id}/members/{userId}", ChangeRoleAsync).Produces<GroupBody>().Refuses(ErrorCodes.NotAMember, ErrorCodes.NotFound);
    }

    // A missing property is null: the validators refuse it.
    private static async Task<IResult> CreateAsync(CreateGroupBody body, Caller caller, IMediator mediator, CancellationToken ct) =>
        (await mediator.Send(new CreateGroup(caller.Device, body.Title!, body.Members!, body.History ?? GroupHistory.All), ct))
            .Match(group => Results.Created($"/v1/groups/{group.Id}", GroupBody.From(group, timer: null)), HttpErrors.ToProblem);

    private static async Task<IResult> GetAsync(ConversationId id, Caller caller, IMediator mediator, CancellationToken ct) =>
        await ToAnswerAsync(await mediator.Send(new GetGroup(caller.Device, id), ct), mediator, ct);

    private static async Task<IResult> ChangeAsync(
        ConversationId id, ChangeGroupBody body, Caller caller, IMediator mediator, CancellationToken ct) =>
        await ToAnswerAsync(await mediator.Send(new ChangeGroup(caller.Device, id, body.Title, body.History), ct), mediator, ct);

    private static async Task<IResult> AddMembersAsync(
        ConversationId id, AddMembersBody body, Caller caller, IMediator mediator, CancellationToken ct) =>
        await ToAnswerAsync(await mediator.Send(new AddMembers(caller.Device, id, body.Members!), ct), mediator, ct);

    private static async Task<IResult> RemoveMemberAsync(
        ConversationId id, UserId userId, Caller caller, IMediator mediator, CancellationToken ct) =>
        (await mediator.Send(new RemoveMember(caller.Device, id, userId), ct)).Match(_ => Results.NoContent(), HttpErrors.ToProblem);

    private static async Task<IResult> ChangeRoleAsync(
        ConversationId id, UserId userId, ChangeRoleBody body, Caller caller, IMediator mediator, CancellationToken ct) =>
        await ToAnswerAsync(await mediator.Send(new ChangeRole(caller.Device, id, userId, body.Role ?? (GroupRole)(-1)), ct), mediator, ct);

    private static async Task<IResult> ToAnswerAsync(Result<Group> result, IMediator mediator, CancellationToken ct)
    {
        if (!result.IsOk)
            return HttpErrors.ToProblem(result.Error);
        var timers = await mediator.Send(new GetTimers([result.Value.Id]), ct);
        return Results.Ok(GroupBody.From(result.Value, timers.TryGetValue(result.Value.Id, out var seconds) ? seconds : null));
    }
}
