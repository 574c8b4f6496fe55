using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Net.Http.Json;

namespace Chat.Client.Tests.Fakes;

/// <summary>The files of a <see cref="FakeRest"/>: keeps what is uploaded, and can be told to fail.</summary>
internal sealed class FakeMedia
{
    private readonly ConcurrentDictionary<string, string> _keys = new();
    private int _ids;

    /// <summary>All calls as method and path with query, in order.</summary>
    public ConcurrentQueue<string> Calls { get; } = new();

    public ConcurrentDictionary<string, FakeUpload> Uploads { get; } = new();

    public ConcurrentDictionary<string, FakeFile> Files { get; } = new();

    /// <summary>An answer in the server's place, or none.</summary>
    public Func<string, CancellationToken, Task<HttpResponseMessage?>> Before { get; set; } = (_, _) => Task.FromResult<HttpResponseMessage?>(null);

    /// <summary>Of each body of a PATCH only so many bytes arrive, then the network is gone.</summary>
    public int? CutAfter { get; set; }

    /// <summary>The next answer is lost; the call has worked.</summary>
    public bool LosesAnswer { get; set; }

    public bool HasTus { get; set; } = true;

    public Func<DateTimeOffset> Clock { get; set; } = () => DateTimeOffset.UnixEpoch;

    public string[] Of(string method) => [.. Calls.Where(call => call.StartsWith(method, StringComparison.Ordinal))];

    public void Refuse(HttpStatusCode status, string code, int retryAfterSeconds = 0) =>
        Before = (_, _) => Task.FromResult<HttpResponseMessage?>(FakeRest.Refuse(status, code, retryAfterSeconds));

    public void Serve() => Before = (_, _) => Task.FromResult<HttpResponseMessage?>(null);

    /// <summary>No call is answered until the returned action was called.</summary>
    public Action Hold()
    {
        var until = new TaskCompletionSource();
        Before = async (_, ct) =>
        {
            await until.Task.WaitAsync(ct);
            return null;
        };
        return () =>
        {
            Serve();
            until.TrySetResult();
        };
    }

    public async Task<HttpResponseMessage> AnswerAsync(HttpRequestMessage request, string path, CancellationToken ct)
    {
        var call = $"{request.Method} {path}";
        Calls.Enqueue(call);
        if (await Before(call, ct) is { } other)
            return other;
        var answer = await AnswerAsync(request, path.Split('?')[0].Split('/'));
        if (!LosesAnswer)
            return answer;
        LosesAnswer = false;
        throw new HttpRequestException("The network is gone.");
    }

    private async Task<HttpResponseMessage> AnswerAsync(HttpRequestMessage request, string[] parts)
    {
        var body = parts is [_, _, _, "upload"] ? await BytesAsync(request, null) : [];
        return parts switch
        {
            [_, _, _, "upload"] => Described(
                HttpStatusCode.Created, _keys.GetOrAdd(request.Headers.GetValues("Idempotency-Key").Single(), _ => Add(body, request.Content!))),
            [_, _, _, "tus", ..] when !HasTus => FakeRest.Refuse(HttpStatusCode.NotFound, ErrorCodes.NotFound),
            [_, _, _, "tus"] => Create(request),
            [_, _, _, "tus", var id] => Uploads.TryGetValue(id, out var upload) ? await ContinueAsync(request, id, upload) : FakeRest.Refuse(HttpStatusCode.NotFound, ErrorCodes.NotFound),
            [_, _, _, var id, ..] when !Files.ContainsKey(id) => FakeRest.Refuse(HttpStatusCode.NotFound, ErrorCodes.NotFound),
            [_, _, _, var id, "info"] => Described(HttpStatusCode.OK, id),
            [_, _, _, var id, "url"] => FakeRest.Json(
                new SignedAddress($"/v1/media/{id}?signature=s{Calls.Count}", Clock().AddMinutes(15).ToUnixTimeMilliseconds()), ChatJson.Wire.SignedAddress),
            [_, _, _, var id, ..] => new HttpResponseMessage(HttpStatusCode.OK) { Content = new ByteArrayContent(Files[id].Bytes) },
            _ => FakeRest.Refuse(HttpStatusCode.NotFound, ErrorCodes.NotFound),
        };
    }

    private HttpResponseMessage Create(HttpRequestMessage request)
    {
        var id = $"u{Interlocked.Increment(ref _ids)}";
        var metadata = request.Headers.GetValues("Upload-Metadata").Single();
        Uploads[id] = new FakeUpload(long.Parse(request.Headers.GetValues("Upload-Length").Single(), CultureInfo.InvariantCulture), metadata);
        var created = new HttpResponseMessage(HttpStatusCode.Created);
        created.Headers.Location = new Uri($"http://inside:8080/v1/media/tus/{id}");
        return created;
    }

    private async Task<HttpResponseMessage> ContinueAsync(HttpRequestMessage request, string id, FakeUpload upload)
    {
        if (request.Method == HttpMethod.Delete)
        {
            Uploads.TryRemove(id, out _);
            return new HttpResponseMessage(HttpStatusCode.NoContent);
        }
        if (request.Method == HttpMethod.Patch)
        {
            if (request.Headers.GetValues("Upload-Offset").Single() != upload.Bytes.Length.ToString(CultureInfo.InvariantCulture))
                return FakeRest.Refuse(HttpStatusCode.Conflict, ErrorCodes.Conflict);
            var cut = CutAfter;
            var bytes = await BytesAsync(request, cut);
            upload.Bytes = [.. upload.Bytes, .. bytes];
            if (bytes.Length < request.Content!.Headers.ContentLength)
                throw new HttpRequestException("The network is gone.");
            if (upload.Bytes.Length == upload.Length)
                upload.MediaId = Add(upload.Bytes, null);
        }
        var answer = new HttpResponseMessage(HttpStatusCode.NoContent);
        answer.Headers.Add("Upload-Offset", upload.Bytes.Length.ToString(CultureInfo.InvariantCulture));
        answer.Headers.Add("Upload-Length", upload.Length.ToString(CultureInfo.InvariantCulture));
        if (upload.MediaId is { } mediaId)
            answer.Headers.Add("Upload-Media-Id", mediaId);
        return answer;
    }

    private static async Task<byte[]> BytesAsync(HttpRequestMessage request, int? cutAfter)
    {
        using var whole = new MemoryStream();
        await request.Content!.CopyToAsync(whole);
        return whole.ToArray()[..Math.Min(cutAfter ?? int.MaxValue, (int)whole.Length)];
    }

    private string Add(byte[] bytes, HttpContent? content)
    {
        var mediaId = $"media-{Interlocked.Increment(ref _ids)}";
        Files[mediaId] = new FakeFile(bytes, content?.Headers.ContentType?.ToString() ?? "application/octet-stream", content?.Headers.ContentDisposition?.FileNameStar);
        return mediaId;
    }

    private HttpResponseMessage Described(HttpStatusCode status, string mediaId)
    {
        var (bytes, contentType, name) = Files[mediaId];
        var thumbnail = contentType.StartsWith("image/", StringComparison.Ordinal) ? $"/v1/media/{mediaId}/thumbnail" : null;
        return new(status) { Content = JsonContent.Create(new UploadedMedia(mediaId, contentType, bytes.Length, name, ThumbnailUrl: thumbnail), ChatJson.Wire.UploadedMedia) };
    }
}

internal sealed record FakeFile(byte[] Bytes, string ContentType, string? Name);

internal sealed class FakeUpload(long length, string metadata)
{
    public long Length => length;

    public string Metadata => metadata;

    public byte[] Bytes { get; set; } = [];

    public string? MediaId { get; set; }
}
