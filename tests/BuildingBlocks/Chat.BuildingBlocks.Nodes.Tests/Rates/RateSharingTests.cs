using Chat.BuildingBlocks.Ids;
using Chat.BuildingBlocks.Mediation;
using Chat.BuildingBlocks.Nodes.Rates;
using Chat.Testing;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Time.Testing;

namespace Chat.BuildingBlocks.Nodes.Tests.Rates;

/// <summary>Nodes that count one rate together. Time passes in steps of 10 ms.</summary>
public sealed class RateSharingTests : IDisposable
{
    private const int PerSecond = 50;
    private const int StepsPerSecond = 100;

    private static readonly DeviceAddress Device = new(UserId.Parse("alice"), DeviceId.Parse("phone"));

    private readonly FakeTimeProvider _clock = new();
    private readonly FakeNetwork _network = new(seed: 7);
    private readonly TestMeters _meters = new();
    private readonly List<Node> _nodes = [];

    public void Dispose() => _meters.Dispose();

    [Theory, InlineData(1), InlineData(2), InlineData(3), InlineData(8)]
    public void Who_takes_all_that_it_gets_of_all_nodes_gets_its_rate_and_what_the_first_second_gave(int nodes)
    {
        Start(nodes);

        var taken = Run(seconds: 60, triesAStep: _ => 1_000);

        // A burst and a second's worth at each, until the others have told.
        Assert.InRange(taken, 60 * PerSecond, (60 * PerSecond) + (nodes * 2 * PerSecond));
    }

    [Theory, InlineData(2), InlineData(3), InlineData(8)]
    public void Who_spreads_its_requests_so_that_each_node_overlooks_them_gets_a_quarter_more_at_most(int nodes)
    {
        Start(nodes);
        var each = PerSecond / (4 * nodes);

        // One node by all that it gets, and little enough of each other one.
        var taken = Run(seconds: 60, triesAStep: step => step.Node == 0 ? 1_000 : step.Number % (StepsPerSecond / Math.Max(1, each)) == 0 ? 1 : 0);

        Assert.InRange(taken, 60 * PerSecond, (60 * PerSecond * 5 / 4) + (nodes * 2 * PerSecond));
    }

    [Theory, InlineData(2), InlineData(3), InlineData(8)]
    public void Who_stays_below_its_rate_over_all_nodes_is_never_refused(int nodes)
    {
        Start(nodes);
        var random = new Random(nodes);

        // Three in four of what is allowed, each at a node by chance.
        var (asked, taken) = (0, 0);
        for (var step = 0; step < 60 * StepsPerSecond; step++)
        {
            Pass(step);
            if (step % 8 is 0 or 3 or 6)
            {
                asked++;
                taken += _nodes[random.Next(nodes)].TryTake() ? 1 : 0;
            }
        }

        Assert.Equal(asked, taken);
    }

    [Fact]
    public void Without_the_others_a_node_goes_by_its_own_count_and_begins_anew_with_them()
    {
        Start(2);
        _network.LoseLease(_nodes[0].Ends);
        _network.RenewAll();

        var alone = Run(seconds: 10, triesAStep: _ => 1_000);
        Assert.InRange(alone, 2 * 10 * PerSecond, (2 * 10 * PerSecond) + (2 * 2 * PerSecond));

        _network.GainLease(_nodes[0].Ends);
        _network.RenewAll();
        var together = Run(seconds: 60, triesAStep: _ => 1_000);
        Assert.InRange(together, 50 * PerSecond, (60 * PerSecond) + (2 * 2 * PerSecond));
    }

    [Fact]
    public void Nodes_are_told_of_no_more_devices_than_may_be_and_of_those_that_take_the_most()
    {
        Start(2, maxShared: 3);
        Pass(StepsPerSecond);
        for (var number = 0; number < 20; number++)
        {
            for (var times = 0; times <= number + 8; times++)
                _nodes[0].Rates.Admit(DeviceOf(number), RateClass.Send);
        }

        Pass(StepsPerSecond);

        var counted = Enumerable.Range(0, 20).Where(number => Room(number) < PerSecond);
        Assert.Equal([17, 18, 19], counted);

        int Room(int number) => Enumerable.Range(0, PerSecond).Count(_ => _nodes[1].Rates.Admit(DeviceOf(number), RateClass.Send) is null);
        static DeviceAddress DeviceOf(int number) => new(UserId.Parse($"user{number}"), DeviceId.Parse("phone"));
    }

    [Fact]
    public async Task What_names_no_rate_or_no_key_of_it_is_passed_over()
    {
        Start(2);

        await _nodes[1].Sharing.ReceiveAsync(
            _nodes[0].Ends.Self,
            """{"device.Send":{"no device":9,"alice\nphone":49,"alice\n":9,"bob\nphone":-5},"of a later version":{"x":1}}"""u8.ToArray(), CancellationToken.None);

        Assert.True(_nodes[1].TryTake());
        Assert.False(_nodes[1].TryTake());
    }

    private void Start(int count, int maxShared = 1_024)
    {
        var options = Options.Create(new RateLimitOptions { SendsPerSecond = PerSecond, MaxShared = maxShared });
        for (var n = 0; n < count; n++)
        {
            var ends = _network.Add();
            var rates = new DeviceRates(options, _meters, _clock);
            var sharing = new RateSharing(ends, ends, [rates], options, new NodesMetrics(_meters, ends), _clock);
            ends.Handlers = () => [sharing];
            _network.GainLease(ends);
            _nodes.Add(new Node(ends, rates, sharing));
        }
        _network.RenewAll();
    }

    private int Run(int seconds, Func<(int Node, int Number), int> triesAStep)
    {
        var taken = 0;
        for (var step = 0; step < seconds * StepsPerSecond; step++)
        {
            Pass(step);
            for (var n = 0; n < _nodes.Count; n++)
            {
                for (var tries = triesAStep((n, step)); tries > 0 && _nodes[n].TryTake(); tries--)
                    taken++;
            }
        }
        return taken;
    }

    // Nodes share at different moments of the second.
    private void Pass(int step)
    {
        _clock.Advance(TimeSpan.FromSeconds(1) / StepsPerSecond);
        for (var n = 0; n < _nodes.Count; n++)
        {
            if (step % StepsPerSecond == n * StepsPerSecond / _nodes.Count)
                _nodes[n].Sharing.Share();
        }
        _network.DeliverAll();
    }

    private sealed record Node(FakeServer Ends, DeviceRates Rates, RateSharing Sharing)
    {
        public bool TryTake() => Rates.Admit(Device, RateClass.Send) is null;
    }
}
