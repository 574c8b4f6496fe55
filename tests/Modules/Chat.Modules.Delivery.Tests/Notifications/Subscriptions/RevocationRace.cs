using Chat.BuildingBlocks.Errors;
using Chat.BuildingBlocks.Ids;
using Chat.Modules.Delivery.Notifications;
using Chat.Modules.Delivery.Notifications.Subscriptions;
using Chat.Modules.Identity.Contracts;
using Chat.Testing;
using Microsoft.Extensions.Options;

namespace Chat.Modules.Delivery.Tests.Notifications.Subscriptions;

/// <summary>A device subscribes on one server and is revoked on another, over one store: step by step, a step being what one of them asks the store, or of its other modules.</summary>
internal sealed class RevocationRace
{
    private readonly (Turns Turns, Task Work) _subscribing;
    private readonly (Turns Turns, Task Work) _revoking;

    public RevocationRace(ISubscriptionStore store, DeviceAddress device)
    {
        Device = device;
        var bus = new FakeBus();
        var isRevoked = false;

        var subscribing = new Turns();
        var mediator = new FakeMediator().AnswerLater<GetDevices, IReadOnlyList<Device>>(async _ =>
        {
            await subscribing.TakeAsync();
            return isRevoked ? [] : [new Device(device.Device, null, default, default)];
        });
        var handler = new PutSubscriptionHandler(
            NodeOf(store, subscribing, bus), [new FakePlatform(TimeProvider.System, PushKind.Fcm)], mediator, TimeProvider.System);
        _subscribing = (subscribing, SubscribeAsync());

        var revoking = new Turns();
        var ending = new EndSubscriptionOnDeviceRevoked(NodeOf(store, revoking, bus), new PushStores(TimeProvider.System));
        _revoking = (revoking, RevokeAsync());

        async Task SubscribeAsync()
        {
            var answer = await handler.Handle(new PutSubscription(device, PushKind.Fcm, $"token of {device}", null, null, null, false, null), default);
            Assert.True(answer.IsOk || answer.Error.Code == ErrorCodes.Unauthenticated);
        }

        async Task RevokeAsync()
        {
            await revoking.TakeAsync();
            isRevoked = true;
            await ending.Handle(new DeviceRevoked(device), default);
        }
    }

    public DeviceAddress Device { get; }

    public Task StepAsync(bool isRevocation) => isRevocation ? _revoking.Turns.GiveAsync(_revoking.Work) : _subscribing.Turns.GiveAsync(_subscribing.Work);

    public async Task FinishAsync()
    {
        foreach (var isRevocation in new[] { false, true })
        {
            var work = isRevocation ? _revoking.Work : _subscribing.Work;
            while (!work.IsCompleted)
                await StepAsync(isRevocation);
            await work;
        }
    }

    private static UserSubscriptions NodeOf(ISubscriptionStore store, Turns turns, FakeBus bus) =>
        new(new StoreInTurns(store, turns), bus, Options.Create(new PushOptions()), TimeProvider.System);

    /// <summary>Each step of a work waits until the test gives it its turn.</summary>
    private sealed class Turns
    {
        private TaskCompletionSource _waits = New();
        private TaskCompletionSource _turn = New();

        public Task TakeAsync()
        {
            var turn = _turn.Task;
            _waits.SetResult();
            return turn;
        }

        /// <summary>Returns when the step is over: the work waits for its next turn, or has ended.</summary>
        public async Task GiveAsync(Task work)
        {
            await Task.WhenAny(_waits.Task, work);
            if (work.IsCompleted)
                return;
            var turn = _turn;
            (_waits, _turn) = (New(), New());
            turn.SetResult();
            await Task.WhenAny(_waits.Task, work);
        }

        private static TaskCompletionSource New() => new(TaskCreationOptions.RunContinuationsAsynchronously);
    }

    private sealed class StoreInTurns(ISubscriptionStore store, Turns turns) : ISubscriptionStore
    {
        public async Task<IReadOnlyList<UserId>> PutAsync(PushSubscription subscription, int maxPerUser, CancellationToken ct)
        {
            await turns.TakeAsync();
            return await store.PutAsync(subscription, maxPerUser, ct);
        }

        public async Task<bool> RemoveAsync(DeviceAddress device, Guid? id, CancellationToken ct)
        {
            await turns.TakeAsync();
            return await store.RemoveAsync(device, id, ct);
        }

        public ValueTask<PushSubscription?> FindAsync(DeviceAddress device, CancellationToken ct) => store.FindAsync(device, ct);

        public ValueTask<IReadOnlyList<PushSubscription>> ReadAsync(IReadOnlyCollection<UserId> users, CancellationToken ct) => store.ReadAsync(users, ct);
    }
}
