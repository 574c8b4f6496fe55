namespace Chat.Client;

// Files: sent with messages, uploaded by themselves, and read.
public sealed partial class ChatClient
{
    /// <summary>
    /// Puts a message with files into the outbox: when this returns all of it is stored. The files are uploaded, and then the message is sent, by itself. Messages
    /// written later do not wait for it.
    /// </summary>
    /// <param name="to">A conversation's id, or <c>@user</c> for the direct conversation with that user.</param>
    /// <param name="content">What it says; the text may be empty.</param>
    /// <param name="files">Follow the content's own media: at most 10 together.</param>
    /// <param name="ct">Ends the wait; the message may be in the outbox.</param>
    /// <exception cref="ChatException">As for a text; <c>too_large</c>: more than 10 files.</exception>
    public async Task<Outgoing> SendAsync(string to, MessageContent content, IReadOnlyCollection<FileToSend> files, CancellationToken ct = default)
    {
        // Refused before anything is stored.
        await _loop.RunAsync(() => _outbox.Check(to, content, files.Count));
        var kept = await _files.KeepAsync(files, ct);
        try
        {
            return await _loop.RunAsync(() => AddAsync(to, content, kept)).WaitAsync(ct);
        }
        catch (ChatException)
        {
            await _files.DropAsync(kept);
            throw;
        }
    }

    /// <summary>Sends a text with files.</summary>
    /// <inheritdoc cref="SendAsync(string, MessageContent, IReadOnlyCollection{FileToSend}, CancellationToken)"/>
    public Task<Outgoing> SendAsync(string to, string text, IReadOnlyCollection<FileToSend> files, CancellationToken ct = default) =>
        SendAsync(to, new MessageContent(text), files, ct);

    /// <summary>The bytes of a file in the outbox, for the caller to close; null once its message is sent.</summary>
    /// <exception cref="ChatException"><c>storage</c>.</exception>
    public Task<Stream?> OutgoingFileAsync(string fileId, CancellationToken ct = default) => _files.OpenAsync(fileId, ct);

    /// <summary>How much of a file in the outbox the server has, bytes. <see cref="ChatChange.Outbox"/> tells when it has changed.</summary>
    public long UploadedOf(string fileId) => _files.SentOf(fileId);

    /// <summary>
    /// Uploads a file by itself; a message takes it as one of its <see cref="MessageContent.Media"/>. A lost connection does not end it. Interrupted otherwise, it goes
    /// on when it is called with the same <see cref="UploadOptions.Fingerprint"/> again.
    /// </summary>
    /// <param name="file">Can seek; all of it is uploaded. It stays open.</param>
    /// <param name="options">What it is, and who is told of its progress.</param>
    /// <param name="ct">Ends the upload.</param>
    /// <exception cref="ChatException"><c>too_large</c>, <c>quota_exceeded</c>, <c>unauthenticated</c>; <c>network</c> after some attempts that got no further.</exception>
    /// <exception cref="IOException">The file cannot be read.</exception>
    public Task<MessageMedia> UploadAsync(Stream file, UploadOptions? options = null, CancellationToken ct = default)
    {
        if (!file.CanSeek)
            throw new ArgumentException("The stream cannot seek: what did not arrive could not be sent again.", nameof(file));
        var user = Session?.UserId ?? throw ChatException.NotSignedIn();
        return WhileOpenAsync(end => _uploader.UploadAsync(new FileToUpload(user, file, options ?? new UploadOptions()), end), ct);
    }

    /// <summary>Uploads a file of this machine, under its name. Interrupted, it goes on when it is called with the same file again.</summary>
    /// <inheritdoc cref="UploadAsync(Stream, UploadOptions?, CancellationToken)"/>
    public async Task<MessageMedia> UploadAsync(string path, UploadOptions? options = null, CancellationToken ct = default)
    {
        var told = options ?? new UploadOptions();
        var info = new FileInfo(path);
        await using var file = File.OpenRead(path);
        return await UploadAsync(file, told with
        {
            Name = told.Name ?? info.Name,
            Fingerprint = told.Fingerprint ?? FormattableString.Invariant($"{info.FullName}/{info.Length}/{info.LastWriteTimeUtc.Ticks}"),
        }, ct);
    }

    /// <summary>A signed address of a file, for an element or a player: it needs no token, and holds for some minutes. It is asked for again when it ends soon.</summary>
    /// <exception cref="ChatException"><c>not_found</c>: there is no such file, or this user may not read it; or no answer came.</exception>
    public Task<Uri> MediaUrlAsync(string mediaId, CancellationToken ct = default) => _media.GetUrlAsync(mediaId, ct);

    /// <summary>A smaller picture, WebP.</summary>
    /// <param name="mediaId">A file that has one: <see cref="MessageMedia.Thumbnail"/>.</param>
    /// <param name="width">Pixels; the next larger of 160, 320, 640 and 1280 is taken, never larger than the picture.</param>
    /// <param name="ct">Ends the wait.</param>
    /// <exception cref="ChatException"><c>not_found</c>, <c>unavailable</c>; or no answer came.</exception>
    public Task<ReadOnlyMemory<byte>> ThumbnailAsync(string mediaId, int width, CancellationToken ct = default) => _media.GetThumbnailAsync(mediaId, width, ct);

    /// <summary>A whole file. Small ones are remembered, see <see cref="ChatClientOptions.MediaCacheBytes"/>.</summary>
    /// <exception cref="ChatException"><c>not_found</c>, <c>quarantined</c>, <c>unavailable</c>; or no answer came.</exception>
    public Task<ReadOnlyMemory<byte>> DownloadAsync(string mediaId, CancellationToken ct = default) => _media.DownloadAsync(mediaId, ct);

    /// <summary>Writes a whole file into a stream, whatever its size. After a failure the stream has a part of it.</summary>
    /// <inheritdoc cref="DownloadAsync(string, CancellationToken)"/>
    public Task DownloadAsync(string mediaId, Stream to, CancellationToken ct = default) => WhileOpenAsync(async end =>
    {
        await _media.DownloadAsync(mediaId, to, end);
        return true;
    }, ct);

    /// <summary>Ends with the client, too.</summary>
    private async Task<T> WhileOpenAsync<T>(Func<CancellationToken, Task<T>> work, CancellationToken ct)
    {
        using var end = CancellationTokenSource.CreateLinkedTokenSource(ct, _background.Ending);
        try
        {
            return await work(end.Token);
        }
        catch (OperationCanceledException) when (end.IsCancellationRequested && !ct.IsCancellationRequested)
        {
            throw new ObjectDisposedException(nameof(ChatClient));
        }
    }
}
