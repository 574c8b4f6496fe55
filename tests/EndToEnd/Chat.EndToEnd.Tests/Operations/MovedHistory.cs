using System.Globalization;
using System.Net;
using System.Text.Json;
using Chat.EndToEnd.Tests.Clients;
using Chat.EndToEnd.Tests.Running;

namespace Chat.EndToEnd.Tests.Operations;

/// <summary>What some users did on a server, by chance, and all that they can ask about it afterwards.</summary>
internal sealed class MovedHistory
{
    private const int Users = 6;
    private const int Messages = 400;

    private readonly Random _random;
    private readonly List<string> _groups = [];
    private readonly HashSet<string> _directs = new(StringComparer.Ordinal);
    private readonly List<(Account Sender, string To, string ClientMsgId)> _sent = [];
    private readonly Dictionary<string, List<string>> _ids = new(StringComparer.Ordinal);

    private MovedHistory(int seed) => _random = new Random(seed);

    public List<Account> Accounts { get; } = [];

    private List<Account> Revoked { get; } = [];

    public static async Task<MovedHistory> WriteAsync(ServerProcess server, int seed)
    {
        var history = new MovedHistory(seed);
        for (var i = 0; i < Users; i++)
        {
            var user = await Account.RegisterAsync(server, string.Create(CultureInfo.InvariantCulture, $"user{i}"));
            history.Accounts.Add(user);
            history.Accounts.Add(await user.LogInAsync("laptop"));
        }
        await history.MakeGroupsAsync();
        await history.SendAsync();
        await history.AcknowledgeAsync();
        await history.SetAsync();
        await history.RevokeAsync();
        return history;
    }

    /// <summary>All answers that the users get from a server that has this history. It changes the server's data, always in the same way.</summary>
    public async Task<List<string>> ObserveAsync(ServerProcess server)
    {
        var seen = new List<string>();
        var accounts = Accounts.ConvertAll(account => account.At(server));
        foreach (var account in accounts)
        {
            await SeeAsync(account.Rest, "/v1/devices");
            foreach (var group in _groups)
            {
                await SeeAsync(account.Rest, $"/v1/groups/{group}");
            }
            await SeeListAsync(account);
            foreach (var conversation in _groups.Concat(_directs).Where(one => one[0] == 'g' || one.Split(':').Contains(account.UserId)))
            {
                await SeeAsync(account.Rest, $"/v1/conversations/{conversation}/messages?after=0&limit=70");
                await SeeAsync(account.Rest, $"/v1/conversations/{conversation}/messages?before=90&limit=50");
                await SeeAsync(account.Rest, $"/v1/conversations/{conversation}/receipts");
            }
        }
        foreach (var revoked in Revoked.ConvertAll(account => account.At(server)))
        {
            seen.Add((await revoked.Rest.GetAsync("/v1/conversations")).Status.ToString());
            seen.Add((await RefreshAsync(revoked)).Status.ToString());
        }
        foreach (var account in accounts)
            seen.Add((await RefreshAsync(account)).Status.ToString());
        // A retry is answered by the same message, whatever it says now.
        foreach (var (sender, to, clientMsgId) in _sent)
        {
            var retry = await sender.At(server).Rest.SendMessageAsync(to, "said again", clientMsgId);
            seen.Add($"{clientMsgId}: {(int)retry.Status} {retry.Content}");
        }
        // What waits for each device, and what comes next.
        foreach (var account in accounts)
        {
            await using var client = await account.ConnectCaughtUpAsync();
            seen.AddRange(client.Received.All.Where(frame => frame.Type == "message").Select(frame => $"{account.UserId}/{account.DeviceId} {frame}").Order(StringComparer.Ordinal));
        }
        foreach (var (sender, to) in _sent.Select(one => (one.Sender, one.To)).Distinct())
        {
            var next = (await sender.At(server).Rest.SendMessageAsync(to, "and on", $"{sender.DeviceId} to {to}")).Expect(HttpStatusCode.Created);
            seen.Add($"{to}: {next.Text("conversationId")} {next.Number("seqNo")}");
        }
        // What was moved can be changed.
        foreach (var (owner, group) in _groups.Select((group, i) => (accounts[2 * i], group)))
        {
            await SeeDoneAsync(owner.Rest.PatchAsync($"/v1/groups/{group}", new { title = "renamed" }));
            foreach (var user in accounts.Select(account => account.UserId).Distinct().Where(user => user != owner.UserId))
                await SeeDoneAsync(owner.Rest.DeleteAsync($"/v1/groups/{group}/members/{user}"));
            await SeeDoneAsync(owner.Rest.PostAsync($"/v1/groups/{group}/members", new { members = accounts.Select(account => account.UserId).Distinct() }));
            await SeeAsync(owner.Rest, $"/v1/groups/{group}");
        }
        var tablet = await accounts[0].LogInAsync("tablet");
        await SeeDoneAsync(tablet.Rest.DeleteAsync($"/v1/devices/{accounts[1].DeviceId}"));
        await SeeDoneAsync(accounts[1].Rest.GetAsync("/v1/conversations"));
        await SeeAsync(tablet.Rest, "/v1/devices", Without("lastUsedAt", "createdAt"));
        await using (var client = await tablet.ConnectCaughtUpAsync())
            seen.Add($"{client.Received.All.Count(frame => frame.Type == "message")} for a new device");
        seen.Add((await new RestClient(server.Address).PostAsync("/v1/auth/register", new { userId = "USER1.", password = Account.Password, deviceId = "x" })).Status.ToString());
        return seen;

        async Task SeeDoneAsync(Task<RestAnswer> asked)
        {
            var answer = await asked;
            seen.Add($"{answer.Call}: {(int)answer.Status}");
        }

        async Task SeeAsync(RestClient rest, string path, Func<string, string>? without = null)
        {
            var answer = await rest.GetAsync(path);
            seen.Add($"{path}: {(int)answer.Status} {(answer.Status == HttpStatusCode.OK ? without?.Invoke(answer.Content) ?? answer.Content : Alike.Of(answer.Json))}");
        }

        // A conversation may be on two pages: then the later one counts.
        async Task SeeListAsync(Account account)
        {
            var listed = new OrderedDictionary<string, string>();
            var archived = (await account.Rest.GetAsync("/v1/conversations?archived=true&limit=200")).Expect(HttpStatusCode.OK).Items("conversations");
            seen.AddRange(archived.Select(conversation => $"{account.UserId} archived: {conversation}"));
            for (string? cursor = ""; cursor is not null;)
            {
                var page = (await account.Rest.GetAsync($"/v1/conversations?limit=3{(cursor.Length > 0 ? $"&cursor={cursor}" : "")}")).Expect(HttpStatusCode.OK);
                foreach (var conversation in page.Items("conversations"))
                    listed[conversation.Text("conversationId")] = $"{page.Text("epoch")} {conversation}";
                cursor = page.TextOrNull("next");
            }
            seen.AddRange(listed.Values.Select(conversation => $"{account.UserId}: {conversation}"));
        }
    }

    private static Func<string, string> Without(params string[] properties) => json => string.Join(
        '\n', JsonDocument.Parse(json).RootElement.EnumerateObject().First().Value.EnumerateArray().Select(device => string.Join(
            ", ", device.EnumerateObject().Where(one => !properties.Contains(one.Name)).Select(one => one.ToString()))));

    private static Task<RestAnswer> RefreshAsync(Account account) =>
        new RestClient(account.Server.Address).PostAsync("/v1/auth/refresh", new { refreshToken = account.RefreshToken });

    private async Task MakeGroupsAsync()
    {
        for (var i = 0; i < 3; i++)
        {
            var owner = Accounts[2 * i];
            var others = Accounts.Where((account, n) => n % 2 == 0 && account != owner && _random.Next(3) > 0).ToList();
            others.Add(Accounts[(2 * i + 2) % Accounts.Count]);
            var group = await owner.CreateGroupAsync($"Group {i} of {others.Count}", others.DistinctBy(other => other.UserId));
            _groups.Add(group);
            (await owner.Rest.PatchAsync($"/v1/groups/{group}/members/{others[0].UserId}", new { role = "admin" })).Expect2xx();
            (await owner.Rest.DeleteAsync($"/v1/groups/{group}/members/{others[^1].UserId}")).Expect2xx();
            if (i == 1)
                (await owner.Rest.PostAsync($"/v1/groups/{group}/members", new { members = new[] { others[^1].UserId } })).Expect2xx();
        }
    }

    private async Task SendAsync()
    {
        for (var i = 0; i < Messages; i++)
        {
            var sender = Accounts[_random.Next(Accounts.Count)];
            var other = Accounts[_random.Next(Accounts.Count)];
            var to = _random.Next(3) == 0 || other.UserId == sender.UserId ? _groups[_random.Next(_groups.Count)] : $"@{other.UserId}";
            var id = _random.Next(2) == 0 ? Guid.CreateVersion7().ToString() : string.Create(CultureInfo.InvariantCulture, $"{sender.UserId} says {i}");
            var conversation = to[0] == '@' ? sender.DirectTo(other) : to;
            var replyTo = _random.Next(4) == 0 && _ids.TryGetValue(conversation, out var ids) ? ids[_random.Next(ids.Count)] : null;
            var text = $"{i} {new string('ü', _random.Next(30))}";
            var answer = await sender.Rest.PostAsync("/v1/messages", replyTo is null ? new { to, text, clientMsgId = id } : new { to, text, clientMsgId = id, replyTo });
            // One who is no member of the group is refused, afterwards as before.
            if (answer.Status != HttpStatusCode.Created)
                continue;
            if (conversation[0] == 'd')
                _directs.Add(conversation);
            if (!_ids.TryGetValue(conversation, out var known))
                _ids.Add(conversation, known = []);
            known.Add(answer.Json.Text("messageId"));
            _sent.Add((sender, to, id));
        }
    }

    // Some devices have got something, some have read it, and some were never connected.
    private async Task AcknowledgeAsync()
    {
        foreach (var account in Accounts.Where(_ => _random.Next(3) > 0))
        {
            await using var client = await account.ConnectCaughtUpAsync();
            foreach (var message in client.Received.All.Where(frame => frame.Type == "message" && _random.Next(8) == 0))
                await client.AckAsync(message.Text("conversationId"), message.Number("seqNo"), _random.Next(2) == 0 ? "read" : "delivered");
            await client.PingAsync();
        }
    }

    // Muted far into the future, or until a time that has passed; each other setting in some.
    private async Task SetAsync()
    {
        foreach (var account in Accounts)
        {
            foreach (var conversation in _directs.Where(one => one.Split(':').Contains(account.UserId) && _random.Next(2) == 0))
            {
                (await account.Rest.PatchAsync(
                    $"/v1/conversations/{conversation}/mine",
                    new
                    {
                        mutedUntil = _random.Next(3) == 0 ? 1 : 4_000_000_000_000 + _random.Next(1_000),
                        archived = _random.Next(3) == 0,
                        pinned = _random.Next(2) == 0,
                        markedUnread = _random.Next(2) == 0,
                        clearedUpTo = _random.Next(3) == 0 ? 1 : 0,
                        draft = _random.Next(2) == 0 ? "" : $"ü {_random.Next()}",
                    })).Expect2xx();
            }
        }
    }

    private async Task RevokeAsync()
    {
        var stolen = await Accounts[0].LogInAsync("stolen");
        var back = await Accounts[0].LogInAsync("back");
        foreach (var device in (string[])["stolen", "back"])
            (await Accounts[0].Rest.DeleteAsync($"/v1/devices/{device}")).Expect2xx();
        Revoked.AddRange([stolen, back]);
        Accounts.Add(await Accounts[0].LogInAsync("back"));
    }
}
