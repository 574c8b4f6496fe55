using System.Security.Cryptography;
using System.Text;

namespace Chat.Client;

/// <summary>
/// Uploads files: small ones in one request, which repeated is one upload; larger ones by tus 1.0 (tus.io/protocols/resumable-upload), also over restarts;
/// where there is no tus in one request, too.
/// </summary>
internal sealed class Uploader(MediaApi api, IKeptFiles kept, TimeProvider clock, Random random)
{
    // A file up to this size goes in one request: a resumable upload takes three.
    private const int OneRequestBytes = 512 * 1024;

    // Attempts in a row that get no further.
    private const int MaxAttempts = 5;

    // Resumable uploads were refused: not tried again by this object.
    private volatile bool _hasNoTus;

    /// <exception cref="ChatException"><c>network</c> after some attempts that got no further; a refusal.</exception>
    public async Task<MessageMedia> UploadAsync(FileToUpload file, CancellationToken ct)
    {
        var upload = new OneUpload(api, kept, clock, file);
        var pauses = new BackOff(random);
        for (var failures = 0; ;)
        {
            ct.ThrowIfCancellationRequested();
            var before = upload.Sent;
            try
            {
                if (file.Length <= OneRequestBytes || _hasNoTus)
                    return await upload.WholeAsync(ct);
                if (await upload.ResumableAsync(ct) is { } media)
                    return media;
                _hasNoTus = true;
            }
            catch (ChatException e) when (e.IsTransient)
            {
                if (upload.Sent > before)
                {
                    failures = 0;
                    pauses.StartOver();
                }
                if (++failures >= MaxAttempts)
                    throw;
                await Task.Delay(e.RetryAfter ?? pauses.Next(), clock, ct);
            }
        }
    }

    /// <summary>Ends an upload that is not wanted any more.</summary>
    public Task ForgetAsync(string user, string fingerprint, CancellationToken ct) => OneUpload.ForgetAsync(api, kept, user, KeyOf(user, fingerprint), ct);

    /// <summary>Where the store keeps how far an upload is.</summary>
    public static string KeyOf(string user, string? fingerprint) => fingerprint is null
        ? $"upload-{Guid.CreateVersion7():N}"
        : $"upload-{Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes($"{user}/{fingerprint}")))}";
}

/// <summary>A file that is to be uploaded.</summary>
/// <param name="User">Whose it is.</param>
/// <param name="Content">Can seek; the file is all of it.</param>
/// <param name="Options">What is said of it.</param>
internal sealed record FileToUpload(string User, Stream Content, UploadOptions Options)
{
    private const int MaxNameLength = 200;

    public long Length { get; } = Content.Length;

    /// <summary>Without path parts, and not longer than the server keeps it.</summary>
    public string? Name { get; } = Shortened(Path.GetFileName(Options.Name));

    private static string? Shortened(string? name) => name is null or "" ? null
        : string.Concat(name.EnumerateRunes().Take(MaxNameLength));
}
