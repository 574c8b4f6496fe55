using Chat.BuildingBlocks.Errors;
using Chat.BuildingBlocks.Ids;
using Chat.Modules.Media.Contracts;
using Chat.Modules.Messaging.Contracts;
using Chat.Modules.Messaging.Erasing;
using Chat.Modules.Messaging.Tests.Log;
using static Chat.Modules.Messaging.Tests.Words;

namespace Chat.Modules.Messaging.Tests.Erasing;

public sealed class MessageEraserTests : IDisposable
{
    private readonly TemporaryLog _log = new();

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    public void Dispose() => _log.Dispose();

    [Fact]
    public async Task The_files_of_a_message_are_released_before_it_is_erased()
    {
        var file = new MessageMedia(MediaId.New(Now), "image/png", 1);
        var released = new Released(_log);
        var eraser = new MessageEraser(_log.Log, released);
        await _log.Log.AppendAsync(Draft(AliceAndBob, Alice, "1"), Ct);
        await _log.Log.AppendAsync(Draft(AliceAndBob, Alice, "2") with { Content = new MessageContent(default) { Media = [file] } }, Ct);

        await eraser.EraseAsync(AliceAndBob, new SeqNo(2), Ct);
        await eraser.EraseAsync(AliceAndBob, new SeqNo(1), Ct);
        await eraser.EraseAsync(AliceAndBob, new SeqNo(3), Ct);

        Assert.Equal([(file.Id, WasThere: true)], released.Media);
        Assert.All(await _log.Log.ReadAfterAsync(AliceAndBob, SeqNo.None, 10, Ct), message => Assert.Equal(MessageContent.Erased, message.Content));
    }

    private sealed class Released(TemporaryLog log) : IMediaAttachments
    {
        public List<(MediaId Media, bool WasThere)> Media { get; } = [];

        public Task<Result<IReadOnlyList<MediaDescription>>> AttachAsync(MediaAttachment attachment, CancellationToken ct) => throw new NotSupportedException();

        public async Task ReleaseAsync(IReadOnlyList<MediaId> media, CancellationToken ct)
        {
            var message = (await log.Log.ReadAfterAsync(AliceAndBob, new SeqNo(1), 1, ct))[0];
            Media.AddRange(media.Select(one => (one, message.Content.IsShown)));
        }
    }
}
