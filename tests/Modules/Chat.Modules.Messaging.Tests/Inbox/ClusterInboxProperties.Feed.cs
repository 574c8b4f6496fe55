using Chat.BuildingBlocks.Errors;
using Chat.BuildingBlocks.Ids;
using Chat.Modules.Messaging.Contracts;
using Chat.Modules.Messaging.Feed;
using Chat.Modules.Messaging.Inbox;
using Chat.Modules.Messaging.Log;
using Chat.Modules.Messaging.Log.Cluster;
using Chat.Modules.Messaging.Sending;
using Chat.Modules.Messaging.Tests.Log.Cluster;
using Microsoft.Extensions.Logging.Abstractions;

namespace Chat.Modules.Messaging.Tests.Inbox;

// Each host tells the devices of what it acks, some time later, and follows the feed as the fan-out does.
public sealed partial class ClusterInboxProperties
{
    private sealed partial class World
    {
        private const string Follower = "fan-out";

        private readonly Dictionary<Guid, int> _runs = [];
        private readonly List<(int Run, LoggedMessage Message)> _acks = [];
        private readonly HashSet<MessageId> _told = [];

        // How far each conversation was found in the streams of a run.
        private readonly Dictionary<(int Run, ConversationId Conversation), SeqNo> _found = [];
        private int _lastRun;

        // As WaitingAppends.
        private async Task<AppendedMessage> AppendAsync(Host host, MessageDraft draft)
        {
            var append = host.Appends.TryBegin(draft, out _)!;
            try
            {
                // Behind others of the conversation.
                if (_time.Chance(0.1))
                    await _time.After(_time.Between(0, 800));
                var appended = await host.Log.AppendAsync(draft, CancellationToken.None);
                host.Raised.Add(appended.Message.Id);
                return appended;
            }
            finally
            {
                host.Appends.End(append);
            }
        }

        private async Task<bool> RenewAsync(Host host)
        {
            while (true)
            {
                await IfStoreAnswersAsync(host.Touches.RenewAsync);
                await _time.After(Times.Lease / 3);
            }
        }

        // As FanOutFollower.
        private async Task<bool> FollowAsync(Host host)
        {
            while (true)
            {
                await _time.After(_time.Between(20, 200));
                var (position, raised) = (host.Feed.RaisedUpTo, host.Raised.ToList());
                await _time.After(_time.Between(0, 200));
                _told.UnionWith(raised);
                await IfStoreAnswersAsync(() => host.Feed.SaveFollowerAsync(Follower, position, CancellationToken.None).AsTask());
                if (_time.Chance(0.2))
                    await IfStoreAnswersAsync(() => CatchUpAsync(host));
            }
        }

        private async Task CatchUpAsync(Host host)
        {
            foreach (var range in await host.Feed.FindUnfinishedAsync(Follower, CancellationToken.None))
            {
                var run = _runs[Guid.ParseExact(range.After.Epoch, "N")];
                foreach (var entry in await host.Feed.ReadAsync(range, int.MaxValue, CancellationToken.None))
                    _found[(run, entry.Conversation)] = SeqNo.Max(entry.SeqNo, _found.GetValueOrDefault((run, entry.Conversation)));
                await host.Feed.SaveFollowerAsync(Follower, range.After with { Value = range.UpTo }, CancellationToken.None);
            }
        }

        // The other hosts are gone.
        private async Task CheckFeedAsync(Host host)
        {
            await _time.After(Times.Lease * 3);
            await host.Process.Start(async () =>
            {
                await CatchUpAsync(host);
                return true;
            });
            foreach (var (run, message) in _acks)
            {
                Assert.True(
                    _told.Contains(message.Id) || _found.GetValueOrDefault((run, message.Conversation)) >= message.SeqNo,
                    $"{message.Conversation} {message.SeqNo} was acked by run {run}, no device was told, and it is not in the feed");
            }
        }

        private static async Task IfStoreAnswersAsync(Func<Task> work)
        {
            try
            {
                await work();
            }
            catch (StoreUnavailableException)
            {
                // Again later.
            }
        }

        private sealed class Host(
            int run, VirtualProcess process, TimeProvider clock, CqlMessageLog log, CqlInbox inbox, TouchWriter touches, IFeedTables tables)
        {
            public int Run => run;

            public VirtualProcess Process => process;

            public TimeProvider Clock => clock;

            public CqlMessageLog Log => log;

            public CqlInbox Inbox => inbox;

            public TouchWriter Touches => touches;

            public AppendsUnderWay Appends { get; } = Sending.Appends.UnderWay(log, clock);

            public CqlChangeFeed Feed => field ??= new CqlChangeFeed(tables, touches, log, Appends, Times, clock, NullLogger<CqlChangeFeed>.Instance);

            public List<MessageId> Raised { get; } = [];
        }

        /// <summary>Notes which run has which streams.</summary>
        private sealed class Streams(IFeedTables tables, Dictionary<Guid, int> runs, int run) : IFeedTables
        {
            public Task SaveStreamAsync(FeedStream stream, CancellationToken ct)
            {
                runs[stream.Id] = run;
                return tables.SaveStreamAsync(stream, ct);
            }

            public Task WriteTouchedAsync(Guid stream, long span, ConversationId conversation) => tables.WriteTouchedAsync(stream, span, conversation);

            public Task<IReadOnlyList<(long Span, ConversationId Conversation)>> ReadTouchedAsync(Guid stream, IReadOnlyList<long> spans, CancellationToken ct) =>
                tables.ReadTouchedAsync(stream, spans, ct);

            public Task<IReadOnlyList<FeedStream>> ReadStreamsAsync(CancellationToken ct) => tables.ReadStreamsAsync(ct);

            public Task SaveFollowerAsync(string follower, Guid stream, long position, CancellationToken ct) =>
                tables.SaveFollowerAsync(follower, stream, position, ct);

            public Task<IReadOnlyDictionary<Guid, long>> ReadFollowerAsync(string follower, CancellationToken ct) => tables.ReadFollowerAsync(follower, ct);
        }
    }
}
