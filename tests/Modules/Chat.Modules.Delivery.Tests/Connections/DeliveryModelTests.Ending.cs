using Chat.BuildingBlocks.Ids;
using Chat.Modules.Delivery.Contracts;
using Chat.Modules.Messaging.Contracts;

namespace Chat.Modules.Delivery.Tests.Connections;

public sealed partial class DeliveryModelTests
{
    // How a history ends: everybody gets everything, and is in order.
    private sealed partial class History
    {
        private async Task EndAsync()
        {
            _world.CalmDown();
            foreach (var device in _devices)
            {
                device.Client!.Release();
                if (!device.IsConnected || device.IsHalfOpen)
                    device.Connect();
            }
            // What was told to nobody is found with the next message of its conversation; what was told once needs no more.
            _untold.ForEach(_world.Offer);
            // A device that knows no edits passes over them with its ack of a message.
            foreach (var conversation in _conversations.Where(conversation => _lost.Contains(conversation) || EndsWithEdit(conversation)))
                _world.Say(conversation, _devices[0].Address);
            for (var round = 0; !await IsQuietAsync(); round++)
            {
                Assert.True(round < 500, await StateAsync());
                _world.Sweep(TimeSpan.FromSeconds(1));
                await SettleAsync();
                foreach (var device in _devices.Where(device => !device.IsConnected))
                    device.Connect();
                foreach (var (device, conversation) in Owed())
                {
                    if (device.Received(conversation) is [.., var newest])
                        await AckAsync(device.Address, conversation, newest, AnyStatus());
                }
                await SettleAsync();
            }
            await Task.WhenAll(_repairs);
            await SettleAsync();
            await AssertKeptAsync();
        }

        private bool EndsWithEdit(ConversationId conversation) =>
            _world.Log(conversation).LastOrDefault(entry => entry.Content.IsChange || !IsByOld(entry)) is { Content.IsChange: true };

        private static bool IsByOld(LoggedMessage entry) => entry.Sender.Device.Value == OldDevice;

        private async Task AssertKeptAsync()
        {
            foreach (var (device, conversation) in Owed())
            {
                Assert.Empty(device.Missing(conversation, _world.Head(conversation)));
                Assert.Empty(device.Outdated(conversation));
            }
            await _world.CursorTable.SaveAsync(TestContext.Current.CancellationToken);
            foreach (var device in _devices)
            {
                device.Connect();
                await _world.SettleAsync();
                Assert.Equal([typeof(Welcome), typeof(CaughtUpEvent)], device.Client!.Events.Select(item => item.GetType()));
                device.Client.Connection.Dispose();
            }
            await _world.SettleAsync();
            Assert.Equal(
                _world.Published<DeviceConnected>().Select(item => item.Connection.Value).Order(),
                _world.Published<DeviceDisconnected>().Select(item => item.Connection.Value).Order());
        }

        private async Task<bool> IsQuietAsync()
        {
            foreach (var (device, conversation) in Owed())
            {
                if (device.IsDraining || await PlaceAsync(device, conversation) < _world.Head(conversation).Value)
                    return false;
            }
            return true;
        }

        // A member who joined at the head has no cursor there before the first message.
        private async Task<long> PlaceAsync(ModelledDevice device, ConversationId conversation) =>
            Math.Max(await _world.CursorAsync(device.Address, conversation), device.JoinedAt(conversation).Value);

        private async Task<string> StateAsync()
        {
            var state = new List<string>();
            foreach (var (device, conversation) in Owed())
            {
                state.Add($"{device.Address} {conversation}: cursor {await _world.CursorAsync(device.Address, conversation)} of {_world.Head(conversation)}, "
                    + $"draining {device.IsDraining}, received {string.Join(' ', device.Received(conversation))}");
            }
            return string.Join('\n', state);
        }
    }
}
