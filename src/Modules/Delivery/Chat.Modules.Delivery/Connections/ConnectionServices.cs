using Chat.Modules.Delivery.Cursors;
using MediatR;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Chat.Modules.Delivery.Connections;

/// <summary>What every connection needs, once for all of them.</summary>
internal sealed class ConnectionServices(
    IMediator mediator, MemberLog log, CursorTable cursors, DeviceStarts starts, IOptions<DeliveryOptions> options,
    DeliveryMetrics metrics, TimeProvider clock, ILogger<DeviceConnection> logger)
{
    public IMediator Mediator => mediator;

    public MemberLog Log => log;

    public CursorTable Cursors => cursors;

    public DeviceStarts Starts => starts;

    public DeliveryOptions Options => options.Value;

    public DeliveryMetrics Metrics => metrics;

    public TimeProvider Clock => clock;

    public ILogger Logger => logger;
}
