using System.Globalization;
using System.Net;
using Chat.EndToEnd.Tests.Clients;
using Chat.EndToEnd.Tests.Running;
using Chat.Testing;
using Chat.Testing.Push;

namespace Chat.EndToEnd.Tests.Notifications;

/// <summary>What was read on a server that is killed right after is withdrawn from the user's other devices. <c>CHAT_KILL_ROUNDS</c> says how often.</summary>
[Collection(HeavyTests.Name)]
public sealed class WithdrawalsUnderKillsTests
{
    private const int Senders = 12;

    private static int Rounds =>
        int.TryParse(Environment.GetEnvironmentVariable("CHAT_KILL_ROUNDS"), CultureInfo.InvariantCulture, out var rounds) ? rounds : 2;

    [Fact]
    public async Task What_was_read_on_a_server_that_is_killed_is_withdrawn()
    {
        Assert.SkipWhen(Database.IsMissing, Database.Missing);
        Assert.SkipWhen(RedisServer.IsMissing, RedisServer.Missing);
        var folder = Directory.CreateTempSubdirectory("chat-push-").FullName;
        await using var fcm = await FakeFcm.StartAsync();
        var account = fcm.WriteServiceAccountTo(folder);
        await using var shared = new SeveralServers();
        // A killed server has for a while what it had claimed.
        await shared.StartAsync(() => new Dictionary<string, string>
        {
            ["Push__Fcm__Endpoint"] = fcm.Origin, ["Push__Fcm__ServiceAccountFile"] = account, ["Push__LeaseMs"] = "30000",
        });
        var (stays, dies) = (shared.Servers[0], shared.Servers[1]);
        var senders = await Account.RegisterManyAsync(stays, "sender", Senders);
        var phone = await Account.RegisterAsync(stays, Account.UniqueId("bob"));
        var laptop = await phone.LogInAsync("laptop");
        var token = fcm.NewDevice();
        (await phone.Rest.SendAsync(HttpMethod.Put, "/v1/push", $$"""{"kind":"fcm","token":"{{token}}"}""")).Expect(HttpStatusCode.NoContent);

        for (var round = 1; round <= Rounds; round++)
        {
            foreach (var sender in senders)
                (await sender.Rest.SendMessageAsync(sender.DirectTo(phone), "hello", $"{round}")).Expect2xx();
            await Until.TrueAsync(() => senders.All(sender => IsTold(sender, round, isWithdrawn: false)), "the phone is told of all", () => stays.Output);

            await using (var reader = await laptop.At(dies).ConnectCaughtUpAsync())
            {
                // One after the other, so that the kill finds them in all states.
                foreach (var sender in senders)
                {
                    await reader.AckAsync(sender.DirectTo(phone), round, "read");
                    (await laptop.At(dies).Rest.GetAsync("/v1/devices")).Expect2xx();
                }
                await dies.KillHardAsync();
            }
            await using var elsewhere = await laptop.ConnectCaughtUpAsync();
            await SayAgainAsync(elsewhere, round);

            await Until.TrueAsync(() => senders.All(sender => IsTold(sender, round, isWithdrawn: true)), "all is withdrawn", () => stays.Output);
            await dies.StartAgainAsync();
        }
        Assert.Empty(fcm.Refused);
        Directory.Delete(folder, recursive: true);

        bool IsTold(Account sender, int round, bool isWithdrawn) => fcm.Received.Any(received =>
            received.Address == token && received["conversationId"] == sender.DirectTo(phone) && received["seqNo"] == $"{round}" && received["unread"] == "0" == isWithdrawn);

        // As clients do: what the list does not show as read is said again.
        async Task SayAgainAsync(IChatClient elsewhere, int round)
        {
            var list = (await laptop.Rest.GetAsync("/v1/conversations?limit=100")).Expect(HttpStatusCode.OK);
            foreach (var listed in list.GetProperty("conversations").EnumerateArray().Where(listed => listed.Number("readSeqNo") < round))
                await elsewhere.AckAsync(listed.Text("conversationId"), round, "read");
        }
    }
}
