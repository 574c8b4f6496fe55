using Chat.BuildingBlocks.Errors;
using Chat.BuildingBlocks.Ids;
using Chat.Modules.Media.Attaching;
using Chat.Modules.Media.Catalogue;
using Chat.Modules.Media.Collecting;
using Chat.Modules.Media.Contracts;
using Chat.Modules.Media.Tests.Collecting;
using Chat.Testing;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Time.Testing;

namespace Chat.Modules.Media.Tests;

/// <summary>The module without its endpoints, on SQLite, and the conversations beside it.</summary>
internal sealed class MediaWorld : IDisposable
{
    public static readonly DateTimeOffset Start = DateTimeOffset.UnixEpoch.AddDays(20_000);

    public static readonly UserId Alice = UserId.Parse("alice");
    public static readonly UserId Bob = UserId.Parse("bob");
    public static readonly UserId Carol = UserId.Parse("carol");
    public static readonly ConversationId AliceAndBob = ConversationId.Direct(Alice, Bob);

    private readonly TemporaryStores _stores = new("media", typeof(SqliteMediaCatalogue).Assembly);
    private readonly TestMeters _meters = new();
    private int _attempts;

    public MediaWorld()
    {
        Conversations = new FakeConversations(Mediator);
        (Catalogue, Uses) = (new SqliteMediaCatalogue(_stores.Database), new SqliteMediaUses(_stores.Database));
        InLog = new UsesInLog(Uses, Mediator);
        Access = new MediaAccess(Catalogue, Uses, InLog, Mediator);
        Attachments = new MediaAttachments(Catalogue, Uses, Access, Options, Clock);
        Remover = new MediaRemover(Catalogue, new SqliteResumableUploads(_stores.Database, Clock), Bytes, Options, Clock);
        var collector = new MediaCollector(
            Catalogue, Uses, InLog, Remover, new CollectingMetrics(_meters), Options, Clock, NullLogger<MediaCollector>.Instance);
        Collector = new CollectMediaHandler(Catalogue, collector, Remover, NoJobs.AfterUpload(Catalogue, Clock), Options, Clock, NullLogger<CollectMediaHandler>.Instance);
    }

    public static IOptions<MediaOptions> Options { get; } = Microsoft.Extensions.Options.Options.Create(new MediaOptions { CollectPauseMs = 0 });

    public static CancellationToken Ct => TestContext.Current.CancellationToken;

    public FakeTimeProvider Clock { get; } = new(Start);

    public FakeMediator Mediator { get; } = new();

    public FakeConversations Conversations { get; }

    public IMediaCatalogue Catalogue { get; }

    public IMediaUses Uses { get; }

    public UsesInLog InLog { get; }

    public MediaAccess Access { get; }

    public MediaAttachments Attachments { get; }

    public MediaRemover Remover { get; }

    public MemoryStore Bytes { get; } = new();

    public CollectMediaHandler Collector { get; }

    public static ConversationId Group(int n) => ConversationId.Parse($"g:{n:x32}");

    /// <summary>A finished upload.</summary>
    public async Task<MediaId> UploadAsync(UserId uploader, MediaState state = MediaState.Ready)
    {
        var id = MediaId.New(Start);
        var row = new MediaRow
        {
            Id = id, Uploader = uploader, State = MediaState.Uploading, BlobKey = MediaRow.OwnKeyOf(id), CreatedAt = Clock.GetUtcNow(),
            KeepUntil = Clock.GetUtcNow() + Options.Value.OrphanAfter,
        };
        await Catalogue.TryBeginAsync(row, 1, long.MaxValue, Ct);
        if (state != MediaState.Uploading)
            await Catalogue.FinishAsync(row with { State = state, Size = 1, ContentType = "image/png", Name = "a.png" }, Ct);
        return row.Id;
    }

    public Task<Result<IReadOnlyList<MediaDescription>>> AttachAsync(UserId sender, ConversationId to, string clientMsgId, params MediaId[] media) =>
        Attachments.AttachAsync(new MediaAttachment(new DeviceAddress(sender, DeviceId.Parse("phone")), clientMsgId, to, media), Ct);

    /// <summary>Attaches and appends.</summary>
    public async Task<Chat.Modules.Messaging.Contracts.LoggedMessage> SendAsync(UserId sender, ConversationId to, params MediaId[] media)
    {
        var clientMsgId = $"attempt {_attempts++}";
        Assert.True((await AttachAsync(sender, to, clientMsgId, media)).IsOk);
        return Conversations.Append(to, sender, clientMsgId, media);
    }

    public async Task<bool> MayReadAsync(UserId user, MediaId media) => await Access.FindAsync(media, user, Ct) is not null;

    public void Dispose()
    {
        _stores.Dispose();
        _meters.Dispose();
    }
}
