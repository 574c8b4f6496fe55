using Chat.BuildingBlocks.Errors;
using Chat.BuildingBlocks.Ids;
using Chat.BuildingBlocks.Mediation;
using Chat.Modules.Groups.Contracts;
using Chat.Modules.Messaging.Contracts;
using Chat.Modules.Messaging.Sending;
using Chat.Modules.Messaging.Tests.Log;
using Chat.Testing;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Time.Testing;
using static Chat.Modules.Messaging.Tests.Words;

namespace Chat.Modules.Messaging.Tests.Sending;

/// <summary>
/// Whatever becomes of syncs, of the server and of the sender's membership: a live device is told of each message before its sender's ack, or
/// finds it in the log when it connects. CqlLogProperties has the same of several hosts.
/// </summary>
public sealed class AppendedPublisherProperties
{
    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Whoever_is_acked_has_been_told_to_the_live_devices_and_once()
    {
        for (var seed = 1; seed <= 60; seed++)
        {
            try
            {
                using var world = new World(seed);
                await world.RunAsync();
            }
            catch (Exception e)
            {
                throw new InvalidOperationException($"With seed {seed}: {e.Message}", e);
            }
        }
    }

    // An append whose sync fails at each of its moments, and then its retry: by a member, and by who is no member any more.
    [Theory]
    [InlineData(false, true)]
    [InlineData(true, true)]
    [InlineData(true, false)]
    public async Task A_retry_after_a_sync_that_failed_is_told(bool written, bool isStillMember)
    {
        using var world = new World(1) { Next = written ? Sync.FailsAfterwards : Sync.FailsBefore };
        await Assert.ThrowsAsync<StoreUnavailableException>(() => world.SendAsync(1));
        world.IsMember = isStillMember;

        var answer = await world.SendAsync(1);

        Assert.Equal(written, answer.Value.Duplicate);
        Assert.Equal(answer.Value.Id, Assert.Single(world.Told).Message.Id);
        Assert.Equal(answer.Value.Id, (await world.SendAsync(1)).Value.Id);
        Assert.Single(world.Told);
    }

    private enum Sync
    {
        Succeeds,
        FailsBefore,
        FailsAfterwards,
    }

    private sealed class World : IDisposable
    {
        private const int Attempts = 12;

        private readonly Random _random;
        private readonly FakeTimeProvider _clock = new(Now);
        private readonly TestMeters _meters = new();
        private readonly TemporaryLog _log;
        private FakeMediator _mediator = new();
        private SendMessageHandler _handler;
        private HashSet<MessageId> _atStart = [];
        private double _faults;

        public World(int seed)
        {
            _random = new Random(seed);
            _log = new TemporaryLog(_clock, Write);
            _handler = Start();
        }

        public bool IsMember { get; set; } = true;

        public Sync? Next { get; set; }

        public IReadOnlyList<MessageAppended> Told => [.. _mediator.Published.Cast<MessageAppended>()];

        public async Task RunAsync()
        {
            var waiting = Enumerable.Range(1, Attempts).ToList();
            for (var round = 1; waiting.Count > 0; round++)
            {
                if (_random.Next(4) == 0)
                    await RestartAsync();
                // In a round without membership what was not appended by then is refused, and sent by a member again.
                IsMember = round % 3 != 0;
                _faults = round < 8 ? 0.6 : 0;
                // Some of them in one commit.
                var together = waiting.Take(_random.Next(1, waiting.Count + 1)).ToList();
                var acked = await Task.WhenAll(together.Select(IsAckedAsync));
                waiting.RemoveAll(attempt => together.IndexOf(attempt) is var i && i >= 0 && acked[i]);
            }
            Assert.Equal(Attempts, (await _log.Log.ReadAfterAsync(Team, SeqNo.None, 1_000, Ct)).Count);
            Assert.Equal(Told.Count, Told.Select(told => told.Message.Id).Distinct().Count());
        }

        /// <summary>Long enough after the last one that the log tries to go on.</summary>
        public Task<Result<SentMessage>> SendAsync(int attempt)
        {
            _clock.Advance(TimeSpan.FromSeconds(3));
            return _handler.Handle(new SendMessage(Team, Alice.Phone(), $"{attempt}", MessageContent.Of("hello")), Ct);
        }

        public void Dispose()
        {
            _log.Dispose();
            _meters.Dispose();
        }

        private async Task<bool> IsAckedAsync(int attempt)
        {
            try
            {
                var answer = await SendAsync(attempt);
                if (answer.Error is not null)
                    return false;
                Assert.True(
                    _atStart.Contains(answer.Value.Id) || Told.Any(told => told.Message.Id == answer.Value.Id),
                    $"{attempt} was acked, and no live device was told.");
                return true;
            }
            catch (StoreUnavailableException)
            {
                return false;
            }
        }

        // Devices that connect to it drain the log before anything else.
        private async Task RestartAsync()
        {
            _log.Close();
            _atStart = [.. (await _log.Log.ReadAfterAsync(Team, SeqNo.None, 1_000, Ct)).Select(message => message.Id)];
            _handler = Start();
        }

        private SendMessageHandler Start()
        {
            _mediator = new FakeMediator().Answer<GetMembership, Membership?>(_ => IsMember ? new Membership(SeqNo.None, SeqNo.None) : null);
            var answers = new AppendedPublisher(_mediator);
            var appends = Appends.To(_log.Log, answers, _meters, _clock);
            return new SendMessageHandler(_log.Log, _mediator, [], new DirectConversationLimits(_log.Log, new UserRates(Options.Create(new RateLimitOptions { Enabled = false }), _meters, _clock), Options.Create(new MessagingOptions())), answers, appends, new MentionRules(_mediator, Options.Create(new MessagingOptions())), new FakeAttachments(), new MessagingMetrics(_meters, _clock), _clock);
        }

        private void Write(Action write)
        {
            var sync = Next ?? (_random.NextDouble() >= _faults ? Sync.Succeeds : _random.Next(2) == 0 ? Sync.FailsBefore : Sync.FailsAfterwards);
            Next = null;
            if (sync is not Sync.FailsBefore)
                write();
            if (sync is not Sync.Succeeds)
                throw new IOException("The disk did not answer.");
        }
    }
}
