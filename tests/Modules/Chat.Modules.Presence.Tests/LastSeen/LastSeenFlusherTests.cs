using Chat.Modules.Presence.LastSeen;
using Chat.Testing;
using Microsoft.Extensions.Hosting;
using static Chat.Modules.Presence.Tests.PresenceServer;

namespace Chat.Modules.Presence.Tests.LastSeen;

public sealed class LastSeenFlusherTests
{
    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Each_second_what_waits_is_written()
    {
        await using var server = await StartAsync();
        server.Disconnect(Phone("alice"), server.Connect(Phone("alice")));
        var left = server.Clock.GetUtcNow();

        // The flusher starts its timer on a thread of its own: advance until it has ticked.
        await Wait.UntilAsync(() =>
        {
            server.Clock.Advance(TimeSpan.FromSeconds(1));
            return server.Get<LastSeenTimes>().Unwritten(User("alice")) is null;
        }, "the flusher has saved");

        Assert.Equal(left, (await server.Get<ILastSeenStore>().GetAsync([User("alice")], Ct))[User("alice")]);
    }

    [Fact]
    public async Task What_ends_while_the_server_stops_is_written_last()
    {
        await using var server = await StartAsync();
        var connection = server.Connect(Phone("alice"));
        var flusher = server.Get<IEnumerable<IHostedService>>().OfType<LastSeenFlusher>().Single();
        await flusher.StopAsync(Ct);

        server.Disconnect(Phone("alice"), connection);
        await flusher.StoppedAsync(Ct);

        Assert.True((await server.Get<ILastSeenStore>().GetAsync([User("alice")], Ct)).ContainsKey(User("alice")));
    }
}
