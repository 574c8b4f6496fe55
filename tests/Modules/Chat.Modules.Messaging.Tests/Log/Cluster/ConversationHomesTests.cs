using Chat.BuildingBlocks.Ids;
using Chat.Modules.Messaging.Contracts;
using Chat.Modules.Messaging.Homes;
using Chat.Modules.Messaging.Log.Cluster;
using Chat.Modules.Messaging.Sending;
using Chat.Modules.Messaging.Tests.Sending;
using Chat.Testing;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using static Chat.Modules.Messaging.Tests.Words;

namespace Chat.Modules.Messaging.Tests.Log.Cluster;

/// <summary>Three servers, in virtual time. That whatever happens to them loses, doubles and moves nothing is held by <see cref="CqlLogProperties"/>.</summary>
public sealed class ConversationHomesTests
{
    // Messages until all know that the conversation is shared.
    private const int Shared = 12;

    private static readonly MessagingOptions Settings = new();

    private readonly VirtualTime _time = new(seed: 1);
    private readonly VirtualTables _tables;
    private readonly VirtualNodes _nodes;
    private readonly Server[] _servers;

    public ConversationHomesTests()
    {
        _tables = new VirtualTables(_time);
        _nodes = new VirtualNodes(_time);
        _servers = [.. Enumerable.Range(0, 3).Select(_ => Start())];
    }

    [Fact]
    public void Senders_on_several_servers_come_to_share_one_term()
    {
        Run(async () =>
        {
            await ShareAsync();
            var term = (await _tables.ReadStateAsync(Team, CancellationToken.None))!.Term;
            for (var n = 0; n < 30; n++)
                await SendAsync(_servers[n % 3], $"{n}");
            Assert.Equal(term, (await _tables.ReadStateAsync(Team, CancellationToken.None))!.Term);
        });
    }

    [Fact]
    public void What_is_written_on_one_server_stays_there()
    {
        const int conversations = 8;
        Run(async () =>
        {
            for (var n = 0; n < conversations; n++)
            {
                var group = ConversationId.Parse($"g:{n:x32}");
                await SendAsync(_servers[0], $"{n} a", group);
                await SendAsync(_servers[0], $"{n} b", group);
            }
        });

        Assert.Equal([2 * conversations, 0, 0], _servers.Select(server => server.Mediator.Published.Count));
    }

    [Fact]
    public void A_home_that_says_nothing_is_not_waited_for()
    {
        var sent = new List<SentMessage>();
        Run(async () =>
        {
            var home = await ShareAsync();
            var sender = _servers.First(server => server != home);
            home.Process.Pause();
            sent.AddRange(await sender.Process.Start(async () =>
                (await Task.WhenAll(Enumerable.Range(0, 5).Select(n => sender.Appends.AppendAsync(Draft(Team, Alice, $"{n}"))))).Select(result => result.Value)));
        });

        Assert.Equal(Enumerable.Range(Shared + 1, 5).Select(n => (long)n), sent.Select(message => message.SeqNo.Value));
        Assert.True(_time.GetElapsedTime(0) < TimeSpan.FromMilliseconds(2 * Settings.HomeTimeoutMs));
    }

    [Fact]
    public void A_home_that_leaves_answers_what_it_has_and_gets_no_more()
    {
        var sent = new List<SentMessage>();
        Run(async () =>
        {
            var home = await ShareAsync();
            var sender = _servers.First(server => server != home);
            var underWay = SendAsync(sender, "under way");
            await home.Process.Start(async () =>
            {
                await home.Service.StoppingAsync(CancellationToken.None);
                return true;
            });
            sent.Add(await underWay);
            await _time.After(TimeSpan.FromMilliseconds(50));
            home.Process.Kill();
            sent.Add(await SendAsync(sender, "after"));
        });

        Assert.Equal([Shared + 1, Shared + 2], sent.Select(message => message.SeqNo.Value));
        // Nobody waited for it.
        Assert.True(_time.GetElapsedTime(0) < TimeSpan.FromMilliseconds(Settings.HomeTimeoutMs));
    }

    private void Run(Func<Task> work) => _time.RunUntilDone(new VirtualProcess(_time).Start(async () =>
    {
        // Until they know one another.
        await _time.After(TimeSpan.FromMilliseconds(50));
        await work();
        return true;
    }));

    private static async Task<SentMessage> SendAsync(Server server, string clientMsgId, ConversationId? to = null) =>
        (await server.Process.Start(() => server.Appends.AppendAsync(Draft(to ?? Team, Alice, clientMsgId)))).Value;

    // All of them have written, and lost a term, so that all hand over to the home from here on.
    private async Task<Server> ShareAsync()
    {
        for (var n = 0; n < Shared - 3; n++)
            await SendAsync(_servers[n % 3], $"shared {n}");
        var told = _servers.Select(server => server.Mediator.Published.Count).ToList();
        for (var n = Shared - 3; n < Shared; n++)
            await SendAsync(_servers[n % 3], $"shared {n}");
        return _servers[told.Zip(_servers).ToList().FindIndex(one => one.Second.Mediator.Published.Count == one.First + 3)];
    }

    private Server Start()
    {
        var process = new VirtualProcess(_time);
        var node = _nodes.Add(process);
        var shared = new SharedConversations(_time);
        var log = ClusterLogs.Of(_tables, _time, new Random(_time.Random.Next()), shared: shared);
        var meters = new TestMeters();
        var mediator = new FakeMediator();
        var options = Options.Create(Settings);
        var homes = new ConversationHomes(node, node, shared, new MessagingMetrics(meters, _time), options, _time, NullLogger<ConversationHomes>.Instance);
        var appends = Appends.To(log, new AppendedPublisher(mediator), meters, _time, homes: homes);
        var service = new HomeService(homes, appends, node, node, options, _time, NullLogger<HomeService>.Instance);
        (node.Observer, node.Handler) = (homes, service);
        _nodes.Join(node);
        _ = process.Start(async () =>
        {
            await Task.WhenAll(homes.WatchAsync(CancellationToken.None), service.WorkAsync(CancellationToken.None));
            return true;
        });
        return new Server(process, log, appends, service, mediator);
    }

    private sealed record Server(VirtualProcess Process, CqlMessageLog Log, WaitingAppends Appends, HomeService Service, FakeMediator Mediator);
}
