using Chat.BuildingBlocks.Ids;
using Chat.Modules.Delivery.Cursors;
using Chat.Modules.Groups.Contracts;
using MediatR;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Chat.Modules.Delivery.Connections;

/// <summary>The services that all connections share.</summary>
internal sealed class ConnectionServices(
    IMediator mediator, MemberLog log, CursorTable cursors, DeviceStarts starts, ResendList resends, IOptions<DeliveryOptions> options,
    DeliveryMetrics metrics, TimeProvider clock, ILogger<DeviceConnection> logger)
{
    public IMediator Mediator => mediator;

    public MemberLog Log => log;

    public DeviceStarts Starts => starts;

    public ResendList Resends => resends;

    public DeliveryOptions Options => options.Value;

    public DeliveryMetrics Metrics => metrics;

    public TimeProvider Clock => clock;

    public ILogger Logger => logger;

    /// <summary>Whether the conversation is above the push threshold.</summary>
    public async ValueTask<bool> IsLargeAsync(ConversationId conversation, CancellationToken ct) =>
        !conversation.IsDirect && (await mediator.Send(new GetMembers(conversation), ct)).Count > options.Value.PushThreshold;

    public ValueTask<Cursor> CursorOfAsync(DeviceAddress device, ConversationId conversation, CancellationToken ct) =>
        cursors.GetAsync(new CursorKey(device.User, device.Device, conversation), ct);
}
