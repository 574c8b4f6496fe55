using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;

namespace Chat.Client;

/// <summary>The upload of one file, over several attempts. Used by one caller at a time.</summary>
internal sealed class OneUpload(MediaApi api, IKeptFiles kept, TimeProvider clock, FileToUpload file)
{
    // One request of a resumable upload: what a proxy that holds bodies back can lose.
    private const int ChunkBytes = 8 * 1024 * 1024;
    private const string TusPath = "v1/media/tus";
    private const string TusType = "application/offset+octet-stream";

    // By these a server or proxy says that it has no resumable uploads.
    private static readonly HttpStatusCode[] NoTus =
        [HttpStatusCode.NotFound, HttpStatusCode.MethodNotAllowed, HttpStatusCode.PreconditionFailed, HttpStatusCode.NotImplemented];

    private static readonly HttpStatusCode[] NoPatch = [HttpStatusCode.MethodNotAllowed, HttpStatusCode.NotImplemented];
    private static readonly HttpStatusCode[] Gone = [HttpStatusCode.Forbidden, HttpStatusCode.NotFound, HttpStatusCode.Gone];

    private readonly string _idempotencyKey = Guid.CreateVersion7(clock.GetUtcNow()).ToString();
    private readonly string _keptAs = Uploader.KeyOf(file.User, file.Options.Fingerprint);

    /// <summary>Bytes that the server is known to have.</summary>
    public long Sent { get; private set; }

    /// <summary>In one request.</summary>
    public async Task<MessageMedia> WholeAsync(CancellationToken ct)
    {
        using var response = await api.SendAsync(file.User, () =>
        {
            var body = Slice(0, file.Length, file.Options.ContentType);
            if (file.Name is { } name)
                body.Headers.ContentDisposition = new ContentDispositionHeaderValue("attachment") { FileNameStar = name };
            return new HttpRequestMessage(HttpMethod.Post, "v1/media/upload") { Content = body, Headers = { { "Idempotency-Key", _idempotencyKey } } };
        }, default, ct);
        try
        {
            return (await response.Content.ReadFromJsonAsync(ChatJson.Wire.UploadedMedia, ct) ?? throw new JsonException("The answer is null.")).ToMedia();
        }
        catch (JsonException e)
        {
            // Not the server's answer, or cut off.
            throw ChatException.NoAnswer(e);
        }
    }

    /// <summary>By tus, from where an earlier attempt has come to. Null: there is no tus.</summary>
    public async Task<MessageMedia?> ResumableAsync(CancellationToken ct)
    {
        var place = await KeptAsync(kept, _keptAs, ct) is { } known ? await FindAsync(known.UploadId, ct) : null;
        place ??= await CreateAsync(ct);
        while (place is { MediaId: null })
            place = await AppendAsync(place, ct);
        if (place is not { MediaId: { } mediaId })
            return null;
        var media = await api.DescribeAsync(mediaId, ct);
        await DeleteAsync(kept, _keptAs, ct);
        return media;
    }

    public static async Task ForgetAsync(MediaApi api, IKeptFiles kept, string user, string keptAs, CancellationToken ct)
    {
        if (await KeptAsync(kept, keptAs, ct) is not { } known)
            return;
        await DeleteAsync(kept, keptAs, ct);
        (await api.SendAsync(user, () => Request(HttpMethod.Delete, PathOf(known.UploadId)), default, ct)).Dispose();
    }

    private async Task<Place?> FindAsync(string uploadId, CancellationToken ct)
    {
        using var response = await api.SendAsync(file.User, () => Request(HttpMethod.Head, PathOf(uploadId)), Gone, ct);
        // Of another length it is not this file's.
        return response.IsSuccessStatusCode && (Number(response, "Upload-Length") ?? file.Length) == file.Length ? PlaceIn(uploadId, response) : null;
    }

    private async Task<Place?> CreateAsync(CancellationToken ct)
    {
        using var response = await api.SendAsync(file.User, () =>
        {
            var request = Request(HttpMethod.Post, TusPath);
            request.Headers.Add("Upload-Length", file.Length.ToString(CultureInfo.InvariantCulture));
            request.Headers.Add("Upload-Metadata", string.Join(',', Metadata()));
            return request;
        }, NoTus, ct);
        // Only the id is used: behind a proxy the server may not know its own address.
        var uploadId = response.Headers.Location?.OriginalString.Split('?', '#')[0].Split('/')[^1];
        if (!response.IsSuccessStatusCode || string.IsNullOrEmpty(uploadId))
            return null;
        await KeepAsync(new KeptUpload(uploadId, clock.GetUtcNow().ToUnixTimeMilliseconds()), ct);
        return new Place(uploadId, 0, null);
    }

    private async Task<Place?> AppendAsync(Place place, CancellationToken ct)
    {
        var (uploadId, offset, _) = place;
        Sent = offset;
        Tell(offset);
        using var response = await api.SendAsync(file.User, () =>
        {
            var request = Request(HttpMethod.Patch, PathOf(uploadId));
            request.Headers.Add("Upload-Offset", offset.ToString(CultureInfo.InvariantCulture));
            request.Content = Slice(offset, Math.Min(ChunkBytes, file.Length - offset), TusType);
            return request;
        }, (HttpStatusCode[])[.. NoPatch, .. Gone, HttpStatusCode.Conflict], ct);
        if (response.IsSuccessStatusCode)
            return PlaceIn(uploadId, response);
        if (NoPatch.Contains(response.StatusCode))
            return null;
        // Somebody else has written to it, or it is gone.
        return await FindAsync(uploadId, ct) ?? await CreateAsync(ct);
    }

    private Place PlaceIn(string uploadId, HttpResponseMessage response)
    {
        if (Number(response, "Upload-Offset") is not { } offset || offset > file.Length)
            throw ChatException.NoAnswer(new InvalidDataException("The answer is not the server's."));
        Sent = Math.Max(Sent, offset);
        return new Place(uploadId, offset, response.Headers.TryGetValues("Upload-Media-Id", out var ids) ? ids.First() : null);
    }

    private FileSlice Slice(long offset, long length, string contentType) =>
        new(file.Content, offset, length, contentType) { OnSent = sent => Tell(offset + sent) };

    private void Tell(long sent) => file.Options.Progress?.Report(new UploadProgress(sent, file.Length));

    private IEnumerable<string> Metadata()
    {
        if (file.Name is { } name)
            yield return $"filename {Base64(name)}";
        yield return $"filetype {Base64(file.Options.ContentType)}";
    }

    private async Task KeepAsync(KeptUpload upload, CancellationToken ct)
    {
        try
        {
            using var json = new MemoryStream(JsonSerializer.SerializeToUtf8Bytes(upload, ChatJson.Wire.KeptUpload));
            await kept.PutAsync(_keptAs, json, ct);
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            // Without it the upload works, too.
        }
    }

    /// <summary>What is kept of an upload; null where there is nothing that can be read.</summary>
    public static async Task<KeptUpload?> KeptAsync(IKeptFiles kept, string keptAs, CancellationToken ct)
    {
        try
        {
            await using var json = await kept.OpenAsync(keptAs, ct);
            return json is null ? null : await JsonSerializer.DeserializeAsync(json, ChatJson.Wire.KeptUpload, ct);
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            return null;
        }
    }

    private static async Task DeleteAsync(IKeptFiles kept, string keptAs, CancellationToken ct)
    {
        try
        {
            await kept.DeleteAsync([keptAs], ct);
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            // It is deleted later.
        }
    }

    private static HttpRequestMessage Request(HttpMethod method, string path) => new(method, path) { Headers = { { "Tus-Resumable", "1.0.0" } } };

    private static string PathOf(string uploadId) => $"{TusPath}/{Uri.EscapeDataString(uploadId)}";

    private static long? Number(HttpResponseMessage response, string header) =>
        response.Headers.TryGetValues(header, out var values) && long.TryParse(values.First(), NumberStyles.None, CultureInfo.InvariantCulture, out var number)
            ? number
            : null;

    private static string Base64(string text) => Convert.ToBase64String(Encoding.UTF8.GetBytes(text));

    /// <param name="UploadId">The last part of its address.</param>
    /// <param name="Offset">What the server has.</param>
    /// <param name="MediaId">Of a finished upload.</param>
    private sealed record Place(string UploadId, long Offset, string? MediaId);
}

/// <summary>Where an upload goes on.</summary>
/// <param name="UploadId">The last part of its address.</param>
/// <param name="At">When it began, Unix milliseconds.</param>
internal sealed record KeptUpload(string UploadId, long At);
