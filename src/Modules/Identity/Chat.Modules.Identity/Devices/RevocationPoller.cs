using System.Runtime.ExceptionServices;
using Chat.BuildingBlocks.Concurrency;
using Chat.BuildingBlocks.Ids;
using Chat.BuildingBlocks.Nodes;
using Chat.Modules.Identity.Contracts;
using MediatR;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Chat.Modules.Identity.Devices;

/// <summary>
/// Polls the store for devices that another node has revoked: within <see cref="AuthOptions.RevocationRefreshMs"/>, and at once if that node is heard on the
/// bus, or may have been missed; their tokens are void here and their connections end. Registered with the stores that several nodes share.
/// </summary>
internal sealed class RevocationPoller(
    Revocations revocations, DeviceRegistrar registrar, IMediator mediator, IOptions<AuthOptions> options, TimeProvider clock, ILogger<RevocationPoller> log) : BackgroundService, IBusHandler, INodeObserver
{
    // Devices for which a subscriber failed. Written by PollAsync only. At most as many as there are revocations in the store.
    private readonly HashSet<DeviceAddress> _untold = [];

    private readonly Signal _due = new();

    public string Topic => Revocations.BusTopic;

    public ValueTask ReceiveAsync(NodeId from, ReadOnlyMemory<byte> payload, CancellationToken ct)
    {
        _due.Set();
        return ValueTask.CompletedTask;
    }

    public void Missed(NodeId from) => _due.Set();

    // It may have died between a revocation and the word of it.
    public void Left(NodeId node) => _due.Set();

    // It may have been there before without a lease, and told nobody.
    public void Joined(NodeId node) => _due.Set();

    public void LeaseGained(NodeId self) => _due.Set();

    /// <summary>Reads once. Not for concurrent calls.</summary>
    /// <exception cref="Exception">Not everything was read or published; the next call does the rest.</exception>
    public async Task PollAsync(CancellationToken ct)
    {
        _untold.UnionWith(await revocations.RefreshAsync(ct));
        ExceptionDispatchInfo? first = null;
        foreach (var device in _untold.ToList())
        {
            registrar.Forget(device);
            try
            {
                await mediator.Publish(new DeviceRevoked(device) { KeepData = true }, ct);
                _untold.Remove(device);
            }
            catch (Exception e)
            {
                first ??= ExceptionDispatchInfo.Capture(e);
            }
        }
        first?.Throw();
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var period = TimeSpan.FromMilliseconds(options.Value.RevocationRefreshMs);
        await using var timer = clock.CreateTimer(_ => _due.Set(), null, period, period);
        while (true)
        {
            await _due.WaitAsync(stoppingToken);
            try
            {
                await PollAsync(stoppingToken);
            }
            catch (Exception e) when (e is not OperationCanceledException)
            {
                log.RevocationsNotRead(e);
            }
        }
    }
}
