using Chat.BuildingBlocks.Ids;
using Chat.Modules.Media.Attaching;
using Chat.Modules.Media.Catalogue;
using Chat.Modules.Media.Collecting;
using Chat.Modules.Media.Contracts;
using Chat.Modules.Media.Inspection;
using Chat.Modules.Media.Storage;
using Chat.Modules.Media.Uploading;
using Chat.Testing;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Time.Testing;
using static Chat.Modules.Media.Tests.MediaWorld;

namespace Chat.Modules.Media.Tests.Collecting;

/// <summary>
/// Uploads, also of equal bytes, sends, sends that fail, erasures, deletions, time that passes and the collector, in any order of their steps, each of which may fail or be the
/// last of its server: a message never loses a file, and what no message has goes in the end.
/// </summary>
public abstract class CollectorProperties
{
    private static readonly IOptions<MediaOptions> Options = Microsoft.Extensions.Options.Options.Create(new MediaOptions { CollectPauseMs = 0 });
    private static readonly TimeSpan MoreThanKept = Options.Value.OrphanAfter + TimeSpan.FromHours(1);
    private static readonly ConversationId BobAndCarol = ConversationId.Direct(Bob, Carol);

    private protected abstract (IMediaCatalogue Catalogue, IMediaUses Uses, IResumableUploads Resumable) Stores(TimeProvider clock);

    private protected async Task HoldsAsync(int seed, int rounds)
    {
        using var run = new Run(seed, Stores);
        for (var round = 0; round < rounds; round++)
        {
            await run.RoundAsync();
            await run.CheckMessagesAsync();
        }
        await run.CheckNothingElseIsLeftAsync();
    }

    private sealed class Run : IDisposable
    {
        private static readonly UserId[] Users = [Alice, Bob];

        private readonly Random _random;
        private readonly int _seed;
        private readonly Interleaving _steps;
        private readonly FakeTimeProvider _clock = new(Start);
        private readonly TestMeters _meters = new();
        private readonly FakeConversations _conversations;
        private readonly MemoryStore _bytes = new();
        private readonly IMediaCatalogue _catalogue;
        private readonly IMediaUses _uses;
        private readonly IMediaCatalogue _stepwise;
        private readonly IMediaUses _stepwiseUses;
        private readonly IMediaStore _store;
        private readonly MediaRemover _remover;
        private readonly Uploads _uploads;
        private readonly MediaAttachments _attachments;
        private readonly CollectMediaHandler _collector;
        private readonly CollectMediaHandler _collectorInOneGo;

        // What was uploaded, and with which bytes; what can be sent; attempts that may come again. All under _lock.
        private readonly Lock _lock = new();
        private readonly Dictionary<MediaId, byte[]> _uploaded = [];
        private readonly List<MediaId> _finished = [];
        private readonly List<(UserId Sender, ConversationId To, string ClientMsgId, MediaId[] Media)> _attempts = [];

        // Sends between their begin and their end. Time does not pass meanwhile: an append takes no day.
        private int _sending;

        public Run(int seed, Func<TimeProvider, (IMediaCatalogue, IMediaUses, IResumableUploads)> stores)
        {
            (_seed, _random, _steps) = (seed, new Random(seed), new Interleaving(seed));
            (_catalogue, _uses, var resumable) = stores(_clock);
            var stepwiseResumable = _steps.Around(resumable);
            var mediator = new FakeMediator();
            _conversations = new FakeConversations(mediator) { BeforeLook = _steps.PassAsync };
            (_stepwise, _store) = (_steps.Around(_catalogue), _steps.Around<IMediaStore>(_bytes));
            _stepwiseUses = _steps.Around(_uses);
            _remover = new MediaRemover(_stepwise, stepwiseResumable, _store, Options, _clock);
            var finisher = new UploadFinisher(_stepwise, _store, new PlainFiles(), new InspectionTurns(), _remover, NoJobs.AfterUpload(_stepwise, _clock), Options, _clock);
            var metrics = new MediaMetrics(_meters);
            _uploads = new Uploads(
                _stepwise, _store, finisher, _remover, new UploadsUnderWay(Options, metrics), metrics, Options, _clock, NullLogger<Uploads>.Instance);
            var inLog = new UsesInLog(_stepwiseUses, mediator);
            _attachments = new MediaAttachments(_stepwise, _stepwiseUses, new MediaAccess(_stepwise, _stepwiseUses, inLog, mediator), Options, _clock);
            _collector = Collector(_stepwise, _stepwiseUses, inLog, stepwiseResumable, _store);
            _collectorInOneGo = Collector(_catalogue, _uses, new UsesInLog(_uses, mediator), resumable, _bytes);
        }

        public void Dispose()
        {
            _meters.Dispose();
            _steps.Dispose();
        }

        public Task RoundAsync()
        {
            var actors = new List<Func<Task>>();
            for (var n = _random.Next(4, 9); n > 0; n--)
            {
                var chance = new Random(_random.Next());
                actors.Add(_random.Next(10) switch
                {
                    < 2 => () => UploadAsync(chance),
                    < 5 => () => SendAsync(chance),
                    5 => () => EraseAsync(chance),
                    6 => () => DeleteAsync(chance),
                    7 => PassTimeAsync,
                    _ => () => _collector.Handle(new CollectMedia(), Ct),
                });
            }
            return _steps.RunAsync(actors, faults: 60);
        }

        /// <summary>Each file of each message is there, with its bytes.</summary>
        public async Task CheckMessagesAsync()
        {
            foreach (var message in _conversations.Messages)
            {
                foreach (var media in message.Content.Media)
                {
                    var row = await _catalogue.FindAsync(media.Id, Ct);
                    Assert.True(row is { IsThere: true }, $"Seed {_seed}: {message.Conversation} {message.SeqNo.Value} has lost a file.");
                    Assert.True(_bytes.Find(row.BlobKey)?.SequenceEqual(_uploaded[media.Id]) is true, $"Seed {_seed}: the bytes of a file are lost.");
                }
            }
        }

        public async Task CheckNothingElseIsLeftAsync()
        {
            for (var day = 0; day < 4; day++)
            {
                _clock.Advance(MoreThanKept);
                await _collectorInOneGo.Handle(new CollectMedia(), Ct);
            }
            await CheckMessagesAsync();

            var sent = _conversations.Messages.SelectMany(message => message.Content.Media).Select(media => media.Id).ToHashSet();
            var left = new List<MediaRow>();
            foreach (var media in _uploaded.Keys)
            {
                if (await _catalogue.FindAsync(media, Ct) is { } row)
                    left.Add(row);
                if (!sent.Contains(media))
                    Assert.True((await _uses.GetAllAsync(media, 10, Ct)).Count == 0, $"Seed {_seed}: a use is left.");
            }
            Assert.True(sent.SetEquals(left.Select(row => row.Id)), $"Seed {_seed}: {left.Count} files are left, and messages have {sent.Count}.");
            Assert.True(left.Select(row => row.BlobKey).ToHashSet().SetEquals(_bytes.Keys), $"Seed {_seed}: bytes are left.");
            foreach (var user in Users)
                Assert.Equal(left.Where(row => row.Uploader == user).Sum(row => Options.Value.QuotaOf(row.Size)), await _catalogue.UsageAsync(user, Ct));
            Assert.Empty(await _catalogue.GetDueAsync(_clock.GetUtcNow(), 10, Ct));
        }

        private CollectMediaHandler Collector(IMediaCatalogue catalogue, IMediaUses uses, UsesInLog inLog, IResumableUploads resumable, IMediaStore store)
        {
            var remover = new MediaRemover(catalogue, resumable, store, Options, _clock);
            var collector = new MediaCollector(
                catalogue, uses, inLog, remover, new CollectingMetrics(_meters), Options, _clock, NullLogger<MediaCollector>.Instance);
            return new CollectMediaHandler(
                catalogue, collector, remover, NoJobs.AfterUpload(catalogue, _clock), Options, _clock, NullLogger<CollectMediaHandler>.Instance);
        }

        private async Task UploadAsync(Random chance)
        {
            // Few different ones, so that many are equal.
            byte[] bytes = [.. Enumerable.Repeat((byte)chance.Next(2), 3)];
            var (uploader, key) = (Users[chance.Next(2)], chance.Next(3) == 0 ? $"key {chance.Next(2)}{bytes[0]}" : null);
            var uploaded = await _uploads.TakeAsync(uploader, "a", key, new MemoryStream(bytes), bytes.Length, Ct);
            if (!uploaded.IsOk)
                return;
            lock (_lock)
            {
                if (_uploaded.TryAdd(uploaded.Value.Id, bytes))
                    _finished.Add(uploaded.Value.Id);
            }
        }

        private async Task SendAsync(Random chance)
        {
            Interlocked.Increment(ref _sending);
            try
            {
                var (sender, to, clientMsgId, media) = Attempt(chance);
                if (media.Length == 0)
                    return;
                var attached = await _attachments.AttachAsync(new MediaAttachment(new DeviceAddress(sender, DeviceId.Parse("phone")), clientMsgId, to, media), Ct);
                await _steps.PassAsync();
                if (attached.IsOk && chance.Next(4) > 0)
                    _conversations.Append(to, sender, clientMsgId, media);
            }
            finally
            {
                Interlocked.Decrement(ref _sending);
            }
        }

        private (UserId Sender, ConversationId To, string ClientMsgId, MediaId[] Media) Attempt(Random chance)
        {
            lock (_lock)
            {
                if (_attempts.Count > 0 && chance.Next(3) == 0)
                    return _attempts[chance.Next(_attempts.Count)];
                var media = _finished.TakeLast(4).OrderBy(_ => chance.Next()).Take(chance.Next(1, 3)).ToArray();
                _attempts.Add((Users[chance.Next(2)], chance.Next(2) == 0 ? AliceAndBob : BobAndCarol, $"attempt {_attempts.Count}", media));
                return _attempts[^1];
            }
        }

        private async Task EraseAsync(Random chance)
        {
            var shown = _conversations.Messages.Where(message => message.Content.IsShown).ToList();
            if (shown.Count == 0)
                return;
            var message = shown[chance.Next(shown.Count)];
            await _attachments.ReleaseAsync([.. message.Content.Media.Select(media => media.Id)], Ct);
            await _steps.PassAsync();
            _conversations.Erase(message);
        }

        // As the uploader does.
        private async Task DeleteAsync(Random chance)
        {
            MediaId media;
            lock (_lock)
            {
                if (_finished.Count == 0)
                    return;
                media = _finished[^chance.Next(1, Math.Min(4, _finished.Count) + 1)];
            }
            if (await _stepwise.FindAsync(media, Ct) is { IsThere: true } row && (await _stepwiseUses.GetAllAsync(media, 1, Ct)).Count == 0)
                await _remover.TryRemoveAsync(row, Ct);
        }

        private async Task PassTimeAsync()
        {
            await _steps.PassAsync();
            if (Volatile.Read(ref _sending) == 0)
                _clock.Advance(MoreThanKept);
        }
    }
}

internal sealed class PlainFiles : IMediaInspector
{
    public Task<Inspected> InspectAsync(Stream file, CancellationToken ct) => Task.FromResult(new Inspected(Inspected.PlainFile));
}

public sealed class SqliteCollectorProperties : CollectorProperties
{
    private readonly List<TemporaryStores> _stores = [];

    private protected override (IMediaCatalogue, IMediaUses, IResumableUploads) Stores(TimeProvider clock)
    {
        var stores = new TemporaryStores("media", typeof(SqliteMediaCatalogue).Assembly);
        _stores.Add(stores);
        return (new SqliteMediaCatalogue(stores.Database), new SqliteMediaUses(stores.Database), new SqliteResumableUploads(stores.Database, clock));
    }

    [Fact]
    public async Task No_message_loses_a_file_and_what_no_message_has_goes()
    {
        var seeds = int.Parse(Environment.GetEnvironmentVariable("CHAT_COLLECTOR_SEEDS") ?? "20", System.Globalization.CultureInfo.InvariantCulture);
        for (var seed = 0; seed < seeds; seed++)
        {
            await HoldsAsync(seed, rounds: 8);
            _stores.ForEach(stores => stores.Dispose());
            _stores.Clear();
        }
    }
}

public sealed class CqlCollectorProperties(CassandraServer server) : CollectorProperties, IClassFixture<CassandraServer>
{
    private BuildingBlocks.Storage.Cql.ICqlSession _session = null!;

    private protected override (IMediaCatalogue, IMediaUses, IResumableUploads) Stores(TimeProvider clock) => 
        (new CqlMediaCatalogue(_session, clock), new CqlMediaUses(_session), new CqlResumableUploads(_session, clock));

    [Fact]
    public async Task No_message_loses_a_file_and_what_no_message_has_goes()
    {
        Assert.SkipWhen(CassandraServer.IsMissing, CassandraServer.Missing);
        _session = await server.OpenEmptyAsync("media", typeof(CqlMediaCatalogue).Assembly, Ct);

        await HoldsAsync(seed: 1, rounds: 8);
    }
}
