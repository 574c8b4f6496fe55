using System.Net;
using Chat.EndToEnd.Tests.Clients;
using Chat.EndToEnd.Tests.Running;
using Chat.Testing;

namespace Chat.EndToEnd.Tests.Durability;

/// <summary>A disk that is full refuses what is new and loses nothing; once it has room the server goes on by itself.</summary>
public sealed class FullDiskTests : IDisposable
{
    private const int Senders = 8;

    private readonly SmallDisk _disk = new();

    // As long as can be: the write-ahead log has 70 MiB of the disk from the start.
    private static string Text => new('x', 16_384);

    [Fact]
    public async Task With_room_again_the_server_goes_on_and_has_all_that_was_acked()
    {
        Assert.SkipUnless(_disk.TryMount(512), SmallDisk.Missing);
        await using var server = await ServerProcess.StartAsync(
            new Dictionary<string, string> { ["Storage__DataDirectory"] = Path.Combine(_disk.Path, "data") });
        var alice = await Account.RegisterAsync(server, "alice");
        _disk.Fill();

        var sent = await Task.WhenAll(Enumerable.Range(0, Senders).Select(sender => SendUntilRefusedAsync(alice, sender)));
        var acked = sent.SelectMany(s => s.Acked).ToList();
        Assert.All(sent, s => s.Refusal.ExpectProblem(HttpStatusCode.ServiceUnavailable, "unavailable"));
        await Until.TrueAsync(async () => await server.ReadinessAsync() == HttpStatusCode.ServiceUnavailable, "the server is not ready", () => server.Output);
        AssertSame(acked, await LoggedAsync(alice));
        (await alice.Rest.SendMessageAsync("@bob", Text, acked[0])).Expect(HttpStatusCode.OK);

        _disk.MakeRoom();
        await Until.TrueAsync(async () => await server.ReadinessAsync() == HttpStatusCode.OK, "the server is ready again", () => server.Output);
        foreach (var (_, refused, _) in sent)
        {
            (await alice.Rest.SendMessageAsync("@bob", Text, refused)).Expect2xx();
            acked.Add(refused);
        }
        AssertSame(acked, await LoggedAsync(alice));

        await server.KillHardAsync();
        await server.StartAgainAsync();
        AssertSame(acked, await LoggedAsync(alice));
    }

    public void Dispose() => _disk.Dispose();

    private static async Task<(List<string> Acked, string Refused, RestAnswer Refusal)> SendUntilRefusedAsync(Account from, int sender)
    {
        List<string> acked = [];
        while (true)
        {
            var clientMsgId = $"{sender}-{acked.Count}";
            var answer = await from.Rest.SendMessageAsync("@bob", Text, clientMsgId);
            if (answer.Status is not HttpStatusCode.Created)
                return (acked, clientMsgId, answer);
            acked.Add(clientMsgId);
        }
    }

    private static async Task<List<string>> LoggedAsync(Account of) =>
        [.. (await of.Rest.ReadLogAsync(Account.Direct(of.UserId, "bob"))).Select(message => message.Text("clientMsgId"))];

    private static void AssertSame(IEnumerable<string> acked, IReadOnlyCollection<string> logged)
    {
        Assert.Empty(acked.Except(logged));
        // What was refused must not be there without its retry, and nothing twice.
        Assert.Equal(acked.Order(), logged.Order());
    }
}
