using System.Globalization;
using System.Net;
using Chat.EndToEnd.Tests.Clients;
using Chat.EndToEnd.Tests.Running;
using Chat.Testing;
using Chat.Testing.Push;

namespace Chat.EndToEnd.Tests.Notifications;

/// <summary>Push notifications of three servers of one database, connected by a Redis that loses everything.</summary>
[Collection(HeavyTests.Name)]
public sealed class SeveralServersPushTests : IAsyncLifetime
{
    private readonly SeveralServers _shared = new();
    private readonly string _folder = Directory.CreateTempSubdirectory("chat-push-").FullName;
    private FakeFcm _fcm = null!;

    private ServerProcess One => _shared.Servers[0];

    private ServerProcess Two => _shared.Servers[1];

    private ServerProcess Three => _shared.Servers[2];

    public async ValueTask InitializeAsync()
    {
        Assert.SkipWhen(Database.IsMissing, Database.Missing);
        Assert.SkipWhen(RedisServer.IsMissing, RedisServer.Missing);
        _fcm = await FakeFcm.StartAsync();
        var account = _fcm.WriteServiceAccountTo(_folder);
        await _shared.StartAsync(() => new Dictionary<string, string>
        {
            ["Push__Fcm__Endpoint"] = _fcm.Origin, ["Push__Fcm__ServiceAccountFile"] = account, ["Push__BreakAtMostMs"] = "2000",
        });
    }

    public async ValueTask DisposeAsync()
    {
        await _shared.DisposeAsync();
        if (_fcm is not null)
            await _fcm.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    [Fact]
    public async Task What_Redis_loses_while_the_platform_is_away_is_told_and_who_acks_on_another_server_is_not()
    {
        var (alice, carol) = (await Account.RegisterAsync(One, Account.UniqueId("alice")), await Account.RegisterAsync(Two, Account.UniqueId("carol")));
        var (bob, dave) = (await Account.RegisterAsync(Three, Account.UniqueId("bob")), await Account.RegisterAsync(Three, Account.UniqueId("dave")));
        var (bobs, daves) = (await SubscribeAsync(bob), await SubscribeAsync(dave));
        await using var acking = await dave.ConnectCaughtUpAsync();
        await using var sender = await alice.ConnectCaughtUpAsync();
        _fcm.Misbehave = _ => new Misbehaviour.Status(503);

        var received = acking.ReceiveUpToAsync(alice.DirectTo(dave), 50, ackEvery: 5);
        for (var n = 0; n < 50; n++)
            await sender.SendTextAsync(alice.DirectTo(dave), "hello", $"d{n}");
        for (var n = 0; n < 5; n++)
        {
            await sender.SendTextAsync(alice.DirectTo(bob), "hello", $"b{n}");
            (await carol.Rest.SendMessageAsync(carol.DirectTo(bob), "hello", $"{n}")).Expect(HttpStatusCode.Created);
        }
        await received;
        await Until.TrueAsync(() => _fcm.Requests > 3, "attempts", () => One.Output);
        await _shared.Redis.CommandAsync("FLUSHALL");
        await One.KillHardAsync();
        _fcm.Misbehave = null;

        await Until.TrueAsync(() => SeqNosOf(bobs, alice.DirectTo(bob)).Contains(5) && SeqNosOf(bobs, carol.DirectTo(bob)).Contains(5), "all is told", () => Two.Output, TimeSpan.FromMinutes(3));
        Assert.DoesNotContain(_fcm.Received, one => one.Address == daves);
        foreach (var conversation in new[] { alice.DirectTo(bob), carol.DirectTo(bob) })
            Assert.Equal(SeqNosOf(bobs, conversation).Order(), SeqNosOf(bobs, conversation));
        Assert.Empty(_fcm.Refused);
    }

    private List<long> SeqNosOf(string address, string conversation) =>
        [.. _fcm.Received.Where(one => one.Address == address && one["conversationId"] == conversation).Select(one => long.Parse(one["seqNo"]!, CultureInfo.InvariantCulture))];

    private async Task<string> SubscribeAsync(Account account)
    {
        var token = _fcm.NewDevice();
        (await account.Rest.SendAsync(HttpMethod.Put, "/v1/push", $$"""{"kind":"fcm","token":"{{token}}"}""")).Expect(HttpStatusCode.NoContent);
        return token;
    }
}
