using System.Collections.Concurrent;
using System.Globalization;

namespace Chat.Client;

/// <summary>Uploads the files of outbox entries, whose bytes the store keeps until their message is sent. On the loop, unless said otherwise.</summary>
internal sealed class OutgoingFiles : IDisposable
{
    private const int AtOnce = 2;
    private const string BytesPrefix = "bytes-";
    private static readonly TimeSpan RetryPause = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan ReportPause = TimeSpan.FromMilliseconds(150);

    // Bytes without an outbox entry are of one that is just being written, or were left by a crash: they go after this.
    private static readonly TimeSpan OrphanAge = TimeSpan.FromHours(1);

    // The server forgets an unfinished upload after this.
    private static readonly TimeSpan UploadAge = TimeSpan.FromDays(1);

    private readonly Loop _loop;
    private readonly Journal _journal;
    private readonly Outbox _outbox;
    private readonly Uploader _uploader;
    private readonly IKeptFiles _kept;
    private readonly Background _background;
    private readonly TimeProvider _clock;
    private readonly Action _show;
    private readonly Alarm _alarm;

    private readonly Dictionary<string, (string ClientMsgId, CancellationTokenSource End)> _running = [];    // by fileId
    private readonly Dictionary<string, IReadOnlyList<OutgoingFile>> _known = [];                            // by clientMsgId
    private readonly ConcurrentDictionary<string, long> _sent = new();                                       // by fileId
    private bool _paused;

    /// <param name="loop">Where the outbox changes.</param>
    /// <param name="journal">Has the outbox.</param>
    /// <param name="outbox">Sends what is uploaded.</param>
    /// <param name="uploader">Uploads one file.</param>
    /// <param name="kept">The files' bytes.</param>
    /// <param name="background">Runs the uploads.</param>
    /// <param name="clock">For pauses and ages.</param>
    /// <param name="show">A file has got further.</param>
    public OutgoingFiles(
        Loop loop, Journal journal, Outbox outbox, Uploader uploader, IKeptFiles kept, Background background, TimeProvider clock, Action show)
    {
        (_loop, _journal, _outbox, _uploader, _kept, _background, _clock, _show) = (loop, journal, outbox, uploader, kept, background, clock, show);
        _alarm = new Alarm(clock, () => background.Run("Uploading", _ => loop.RunAsync(Opened)));
    }

    /// <summary>How much of a file the server has, bytes. From any thread.</summary>
    public long SentOf(string fileId) => _sent.GetValueOrDefault(fileId);

    /// <summary>The bytes of a file in the outbox; null once its message is sent. From any thread.</summary>
    public async Task<Stream?> OpenAsync(string fileId, CancellationToken ct) =>
        await Guarded(() => _kept.OpenAsync($"{BytesPrefix}{fileId}", ct));

    /// <summary>Stores files' bytes. From any thread.</summary>
    /// <exception cref="ChatException"><c>storage</c>: nothing is stored.</exception>
    public async Task<IReadOnlyList<OutgoingFile>> KeepAsync(IReadOnlyCollection<FileToSend> files, CancellationToken ct)
    {
        List<OutgoingFile> stored = [];
        foreach (var file in files)
        {
            var fileId = Guid.CreateVersion7(_clock.GetUtcNow()).ToString();
            stored.Add(file.Describe(fileId, 0));
            try
            {
                var size = await file.ReadAsync(content => Guarded(() => _kept.PutAsync($"{BytesPrefix}{fileId}", content, ct)));
                stored[^1] = file.Describe(fileId, size);
            }
            catch
            {
                await DropAsync(stored);
                throw;
            }
        }
        return stored;
    }

    /// <summary>Deletes files' bytes. From any thread.</summary>
    public async Task DropAsync(IEnumerable<OutgoingFile> files)
    {
        try
        {
            await _kept.DeleteAsync([.. files.Select(file => $"{BytesPrefix}{file.FileId}")], CancellationToken.None);
        }
        catch (Exception)
        {
            // They are deleted later, by Tidy.
        }
    }

    /// <summary>There is a connection again: what failed for now is tried again.</summary>
    public void Opened()
    {
        _paused = false;
        _alarm.SetFor(null);
        Look();
    }

    /// <summary>The outbox has changed: ends what is not wanted any more, and uploads what can be.</summary>
    public void Look()
    {
        var state = _journal.State;
        var entries = state.UserId is null ? [] : state.Outbox.Where(entry => entry.Files.Count > 0).ToDictionary(entry => entry.ClientMsgId);
        foreach (var (fileId, (clientMsgId, end)) in _running.ToArray())
        {
            if (entries.TryGetValue(clientMsgId, out var entry) && entry.State == OutgoingState.Uploading)
                continue;
            end.Cancel();
            _running.Remove(fileId);
        }
        foreach (var (clientMsgId, files) in _known.ToArray())
        {
            if (entries.ContainsKey(clientMsgId))
                continue;
            _known.Remove(clientMsgId);
            // After the end of a session the store has them until the user signs in again, or has deleted them.
            if (state.UserId is not { } user)
                _sent.Clear();
            else
                _background.Run("Dropping files", ct => ForgetAsync(user, files, ct));
        }
        foreach (var entry in state.Outbox)
        {
            if (!entries.ContainsKey(entry.ClientMsgId))
                continue;
            _known[entry.ClientMsgId] = entry.Files;
            if (entry.State != OutgoingState.Uploading || _paused)
                continue;
            foreach (var file in entry.Files.Where(file => file.Media is null && !_running.ContainsKey(file.FileId)).Take(Math.Max(0, AtOnce - _running.Count)))
                Start(state.UserId!, entry.ClientMsgId, file);
        }
    }

    /// <summary>Deletes what a crash has left. From any thread.</summary>
    public async Task TidyAsync(CancellationToken ct)
    {
        var state = _journal.State;
        var used = state.Outbox.Concat(state.Hidden?.Outbox ?? []).SelectMany(entry => entry.Files).Select(file => $"{BytesPrefix}{file.FileId}").ToHashSet();
        foreach (var key in await _kept.GetKeysAsync(ct))
        {
            var (begun, age) = key.StartsWith(BytesPrefix, StringComparison.Ordinal)
                ? (TimeOf(key[BytesPrefix.Length..]), OrphanAge)
                : ((await OneUpload.KeptAsync(_kept, key, ct))?.At ?? 0, UploadAge);
            if (!used.Contains(key) && begun < (_clock.GetUtcNow() - age).ToUnixTimeMilliseconds())
                await _kept.DeleteAsync([key], ct);
        }
    }

    public void Dispose() => _alarm.Dispose();

    private void Start(string user, string clientMsgId, OutgoingFile file)
    {
        var end = CancellationTokenSource.CreateLinkedTokenSource(_background.Ending);
        _running[file.FileId] = (clientMsgId, end);
        _background.Run("Uploading", async _ =>
        {
            Func<Outgoing, Outgoing>? change = null;
            ChatException? later = null;
            try
            {
                var media = await UploadAsync(user, file, end.Token);
                change = entry => WithMedia(entry, file.FileId, media);
            }
            catch (OperationCanceledException) when (end.IsCancellationRequested)
            {
                return;
            }
            catch (ChatException e) when (e.IsTransient || e.Code is ErrorCodes.Unauthenticated or ErrorCodes.TokenExpired)
            {
                later = e;
            }
            catch (ChatException e)
            {
                change = entry => entry with { State = OutgoingState.Failed, Error = new OutgoingError(e.Code, e.Message) };
            }
            catch (IOException e)
            {
                later = new ChatException(ErrorCodes.Storage, "The file cannot be read from the store.", cause: e);
            }
            await _loop.RunAsync(() => EndedAsync(clientMsgId, file.FileId, end, change, later));
        });
    }

    private async Task<MessageMedia> UploadAsync(string user, OutgoingFile file, CancellationToken ct)
    {
        await using var bytes = await OpenAsync(file.FileId, ct)
            ?? throw new ChatException(ErrorCodes.NotFound, "The file is not in the store any more.");
        var progress = new Progress(this, file.FileId);
        var options = new UploadOptions { Name = file.Name, ContentType = file.ContentType, Fingerprint = file.FileId, Progress = progress };
        return await _uploader.UploadAsync(new FileToUpload(user, bytes, options), ct);
    }

    private async Task EndedAsync(string clientMsgId, string fileId, CancellationTokenSource end, Func<Outgoing, Outgoing>? change, ChatException? later)
    {
        // Ended meanwhile, and perhaps begun again.
        if (!_running.TryGetValue(fileId, out var running) || running.End != end)
            return;
        _running.Remove(fileId);
        end.Dispose();
        try
        {
            var transaction = _journal.Begin();
            if (change is not null && transaction.Now.Outbox.Find(entry => entry.ClientMsgId == clientMsgId) is { State: OutgoingState.Uploading } entry)
                transaction.Put(change(entry));
            await _journal.CommitAsync(transaction);
        }
        catch (ChatException e)
        {
            later = e;
        }
        if (later is not null && !_paused)
        {
            _paused = true;
            _alarm.SetFor(_clock.SteadyNow() + (later.RetryAfter ?? RetryPause));
        }
        Look();
        await _outbox.PumpAsync();
    }

    private async Task ForgetAsync(string user, IReadOnlyList<OutgoingFile> files, CancellationToken ct)
    {
        await DropAsync(files);
        foreach (var file in files)
        {
            _sent.TryRemove(file.FileId, out _);
            await _uploader.ForgetAsync(user, file.FileId, ct);
        }
    }

    /// <summary>An upload's end. With the last one the message can be sent.</summary>
    private static Outgoing WithMedia(Outgoing entry, string fileId, MessageMedia media)
    {
        OutgoingFile[] files =
        [
            .. entry.Files.Select(file => file.FileId != fileId ? file : file with
            {
                // The server knows the rest better.
                Media = media with { DurationMs = media.DurationMs ?? file.DurationMs, Voice = file.Voice, Waveform = file.Waveform },
            }),
        ];
        var isLast = files.All(file => file.Media is not null);
        return entry with
        {
            Files = files,
            Media = isLast ? [.. entry.Media, .. files.Select(file => file.Media!)] : entry.Media,
            State = isLast ? OutgoingState.Waiting : entry.State,
        };
    }

    private static async Task<T> Guarded<T>(Func<Task<T>> work)
    {
        try
        {
            return await work();
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            throw new ChatException(ErrorCodes.Storage, "The store cannot be read or written.", cause: e);
        }
    }

    /// <summary>When a UUID of version 7 was made, Unix milliseconds.</summary>
    private static long TimeOf(string id) =>
        long.TryParse(id.Replace("-", "", StringComparison.Ordinal).AsSpan(0, Math.Min(12, id.Length)), NumberStyles.HexNumber, CultureInfo.InvariantCulture, out var at) ? at : 0;

    private sealed class Progress(OutgoingFiles owner, string fileId) : IProgress<UploadProgress>
    {
        private DateTimeOffset _next;

        public void Report(UploadProgress value)
        {
            owner._sent[fileId] = value.Sent;
            var now = owner._clock.SteadyNow();
            if (now < _next && value.Sent < value.Total)
                return;
            _next = now + ReportPause;
            owner._show();
        }
    }
}
