using System.Collections.Concurrent;
using System.Net;
using System.Net.Http.Headers;
using System.Security.Cryptography;
using Chat.EndToEnd.Tests.Clients;
using Chat.EndToEnd.Tests.History;

namespace Chat.EndToEnd.Tests.Load;

/// <summary>The files of one load: what was uploaded, and whether those who may read it get its bytes.</summary>
internal sealed class LoadFiles
{
    private const int SendsPerFile = 20;
    private const int FilesPerUpload = 4;
    private const int UploadsPerUnsent = 4;
    private const int ReadsPerCheck = 10;
    private const int TriesAtTheEnd = 10;

    // One content for all users: the server stores its bytes once.
    private readonly byte[] _common = RandomNumberGenerator.GetBytes(3_000);

    // By mediaId: the SHA-256 of its bytes.
    private readonly ConcurrentDictionary<string, byte[]> _hashes = new(StringComparer.Ordinal);

    // By user: the file that most of its messages have.
    private readonly ConcurrentDictionary<string, string> _ofUser = new(StringComparer.Ordinal);

    // Uploaded, and in no message: the collector's.
    private readonly ConcurrentQueue<(Account Owner, string File)> _unsent = new();
    private int _sends;
    private int _uploads;
    private int _received;
    private int _checks;

    /// <summary>No fault comes any more: what a server cannot give now is lost.</summary>
    public bool IsQuiet { get; set; }

    /// <summary>Files that were uploaded.</summary>
    public int Uploaded => _hashes.Count;

    /// <summary>How often somebody read a file and compared its bytes.</summary>
    public int Checks => Volatile.Read(ref _checks);

    /// <summary>Each user has a file before the load begins.</summary>
    public async Task BeginAsync(Account user) =>
        _ofUser[user.UserId] = await UploadAsync(user, _common) ?? throw new InvalidOperationException("The server took no file.");

    /// <summary>The file of a user's next message as its receivers are to see it; null for most messages.</summary>
    public async Task<string?> NextAsync(Account user)
    {
        if (Interlocked.Increment(ref _sends) % SendsPerFile != 0)
            return null;
        var number = Interlocked.Increment(ref _uploads);
        if (number % FilesPerUpload != 0)
            return _ofUser[user.UserId];
        var made = await UploadAsync(user, RandomNumberGenerator.GetBytes(1_000 + number));
        if (made is not null && number % (FilesPerUpload * UploadsPerUnsent) != 0)
            return made;
        // Where no server answers, too, the message goes with the user's other file.
        if (made is not null)
            _unsent.Enqueue((user, made));
        return _ofUser[user.UserId];
    }

    /// <summary>Whether a device is to read the file of a message that it got: a sample.</summary>
    public bool IsSample() => Interlocked.Increment(ref _received) % ReadsPerCheck == 0;

    /// <summary>Reads a message's file until a server has an answer to that. Bytes that are not in the store are <c>unavailable</c>.</summary>
    public async Task<FileOutcome> ReadAsync(Account reader, string file, CancellationToken ct)
    {
        var mediaId = MediaIdOf(file);
        for (var tries = 0; ;)
        {
            var (status, bytes) = await reader.Rest.GetBytesAsync($"/v1/media/{mediaId}", ct);
            if (status is HttpStatusCode.OK)
            {
                Interlocked.Increment(ref _checks);
                return _hashes[mediaId].AsSpan().SequenceEqual(SHA256.HashData(bytes)) ? FileOutcome.Intact : FileOutcome.OtherBytes;
            }
            tries = IsQuiet ? tries + 1 : 0;
            if (status is not (null or HttpStatusCode.ServiceUnavailable) || tries == TriesAtTheEnd)
                return FileOutcome.Refused;
            await Task.Delay(TimeSpan.FromMilliseconds(200), ct);
        }
    }

    /// <summary>How many of the files that were never sent the collector has removed.</summary>
    public async Task<int> CountCollectedAsync()
    {
        var collected = 0;
        foreach (var (owner, file) in _unsent)
        {
            if ((await owner.Rest.GetBytesAsync($"/v1/media/{MediaIdOf(file)}", TestContext.Current.CancellationToken)).Status == HttpStatusCode.NotFound)
                collected++;
        }
        return collected;
    }

    public static string MediaIdOf(string file) => file.Split(' ')[0];

    /// <summary>How a message tells of a file.</summary>
    public static string Describe(string mediaId, long size, string contentType) => $"{mediaId} {size} {contentType}";

    private async Task<string?> UploadAsync(Account user, byte[] bytes)
    {
        using var content = new ByteArrayContent(bytes);
        content.Headers.ContentType = new MediaTypeHeaderValue("application/octet-stream");
        try
        {
            var answer = await user.Rest.SendContentAsync(HttpMethod.Post, "/v1/media/upload", content);
            if (answer.Status != HttpStatusCode.Created)
                return null;
            var mediaId = answer.Json.Text("mediaId");
            _hashes[mediaId] = SHA256.HashData(bytes);
            return Describe(mediaId, answer.Json.Number("size"), answer.Json.Text("contentType"));
        }
        catch (HttpRequestException)
        {
            return null;
        }
    }
}
