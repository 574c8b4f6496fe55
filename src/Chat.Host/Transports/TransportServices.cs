using Chat.BuildingBlocks.Concurrency;
using Chat.BuildingBlocks.Errors;
using Chat.BuildingBlocks.Ids;
using Chat.BuildingBlocks.Mediation;
using Chat.Modules.Delivery.Contracts;
using Chat.Modules.Identity.Contracts;
using MediatR;
using Microsoft.Extensions.Options;

namespace Chat.Host.Transports;

/// <summary>What all live connections share.</summary>
internal sealed class TransportServices(
    IMediator mediator, IConnections connections, ITokens tokens, TransportsMetrics metrics, IOptions<TransportsOptions> options,
    IOptions<RateLimitOptions> rates, UserRates userRates, TimeProvider clock, TimerWheel timers, ILogger<TransportSession> log)
{
    public IMediator Mediator => mediator;

    public IConnections Connections => connections;

    /// <summary>Why a user may not open another connection now, before anything is upgraded; null where it may.</summary>
    public Error? RefusalOf(UserId user) =>
        connections.IsAccepting ? userRates.Admit(UserRate.Connects, user) : TransportRequests.NotAccepting;

    public ITokens Tokens => tokens;

    public TransportsMetrics Metrics => metrics;

    public TimerWheel Timers => timers;

    public TransportsOptions Options => options.Value;

    /// <summary>Null where rate limits are switched off.</summary>
    public FrameBudget? NewFrameBudget() => rates.Value.Enabled
        ? new FrameBudget(Options.FramesPerSecond, "Too many frames on this connection; wait before the next.", clock)
        : null;

    public FrameBudget NewUncountedBudget() =>
        new(Options.UncountedFramesPerSecond, "Too many pings, pongs or bad frames; wait before the next.", clock);

    public TimeProvider Clock => clock;

    public ILogger Log => log;
}
