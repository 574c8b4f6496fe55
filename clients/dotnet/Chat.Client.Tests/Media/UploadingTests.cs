using System.Net;
using System.Text;
using Chat.Client.Tests.Fakes;

namespace Chat.Client.Tests.Media;

public sealed class UploadingTests
{
    private static readonly byte[] Large = [.. Enumerable.Range(0, 700_000).Select(at => (byte)((at * 7) + (at / 256)))];

    [Fact]
    public async Task A_small_file_goes_in_one_request_with_its_name()
    {
        await using var rig = await Rig.OnlineAsync();
        var told = new Told();

        var media = await rig.Client.UploadAsync(Of("hello"u8), new UploadOptions { Name = "a/Grüße (1).txt", ContentType = "text/plain", Progress = told });

        Assert.Equal(["POST /v1/media/upload"], rig.Media.Calls);
        Assert.Equal(("text/plain", 5L, "Grüße (1).txt"), (media.ContentType, media.Size, media.Name));
        Assert.Equal("hello"u8, rig.Media.Files[media.MediaId].Bytes);
        Assert.Equal([new UploadProgress(5, 5)], told);
    }

    [Fact]
    public async Task An_upload_whose_answer_was_lost_is_repeated_as_the_same_one()
    {
        await using var rig = await Rig.OnlineAsync();
        rig.Media.LosesAnswer = true;

        var media = await UploadAsync(rig, "hello"u8.ToArray());

        Assert.Equal(2, rig.Media.Of("POST").Length);
        Assert.Equal([media.MediaId], rig.Media.Files.Keys);
    }

    [Fact]
    public async Task A_large_file_that_is_cut_anywhere_goes_on_where_it_was_and_arrives_whole()
    {
        await using var rig = await Rig.OnlineAsync();
        rig.Media.CutAfter = 123_457;
        var told = new Told();

        var media = await UploadAsync(rig, Large, new UploadOptions { Name = "notes.txt", ContentType = "text/plain", Progress = told });

        Assert.Single(rig.Media.Of("POST"));
        Assert.Equal(6, rig.Media.Of("PATCH").Length);
        Assert.Equal(5, rig.Media.Of("HEAD").Length);
        Assert.Equal(Large, rig.Media.Files[media.MediaId].Bytes);
        Assert.Equal(new UploadProgress(Large.Length, Large.Length), told[^1]);
        Assert.Equal($"filename {Base64("notes.txt")},filetype {Base64("text/plain")}", rig.Media.Uploads.Values.Single().Metadata);
    }

    [Fact]
    public async Task It_goes_on_after_a_restart_with_the_same_fingerprint_and_leaves_nothing_behind()
    {
        await using var rig = await Rig.OnlineAsync();
        var options = new UploadOptions { Fingerprint = "the same" };
        rig.Media.CutAfter = 100_000;
        using var end = new CancellationTokenSource();
        rig.Media.Before = async (call, _) =>
        {
            if (call.StartsWith("HEAD", StringComparison.Ordinal))
                await end.CancelAsync();
            return null;
        };
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => UploadAsync(rig, Large, options, end.Token));
        await rig.CloseAsync();
        rig.Media.Serve();
        rig.Media.CutAfter = null;

        await rig.OpenAsync();
        var media = await UploadAsync(rig, Large, options);

        Assert.Single(rig.Media.Of("POST"));
        Assert.Equal(Large, rig.Media.Files[media.MediaId].Bytes);
        Assert.Empty(await rig.Store.Files.GetKeysAsync(CancellationToken.None));
    }

    [Fact]
    public async Task What_has_another_length_does_not_go_on_with_an_earlier_upload()
    {
        await using var rig = await Rig.OnlineAsync();
        var options = new UploadOptions { Fingerprint = "the same" };
        rig.Media.CutAfter = 100_000;
        using var end = new CancellationTokenSource();
        rig.Media.Before = async (call, _) =>
        {
            if (call.StartsWith("HEAD", StringComparison.Ordinal))
                await end.CancelAsync();
            return null;
        };
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => UploadAsync(rig, Large, options, end.Token));
        rig.Media.Serve();
        rig.Media.CutAfter = null;

        var media = await UploadAsync(rig, Large[1..], options);

        Assert.Equal(Large[1..], rig.Media.Files[media.MediaId].Bytes);
    }

    [Fact]
    public async Task An_upload_that_the_server_has_forgotten_begins_anew()
    {
        await using var rig = await Rig.OnlineAsync();
        rig.Media.CutAfter = 100_000;
        rig.Media.Before = (call, _) =>
        {
            if (call.StartsWith("HEAD", StringComparison.Ordinal))
            {
                rig.Media.Uploads.Clear();
                rig.Media.CutAfter = null;
            }
            return Task.FromResult<HttpResponseMessage?>(null);
        };

        var media = await UploadAsync(rig, Large);

        Assert.Equal(2, rig.Media.Of("POST").Length);
        Assert.Equal(Large, rig.Media.Files[media.MediaId].Bytes);
    }

    [Fact]
    public async Task Where_there_is_no_tus_it_goes_in_one_request()
    {
        await using var rig = await Rig.OnlineAsync();
        rig.Media.HasTus = false;

        var media = await UploadAsync(rig, Large);
        await UploadAsync(rig, Large);

        Assert.Equal(["POST /v1/media/tus", "POST /v1/media/upload", "POST /v1/media/upload"], rig.Media.Calls);
        Assert.Equal(Large, rig.Media.Files[media.MediaId].Bytes);
    }

    [Theory]
    [InlineData(HttpStatusCode.RequestEntityTooLarge, ErrorCodes.TooLarge)]
    [InlineData(HttpStatusCode.RequestEntityTooLarge, ErrorCodes.QuotaExceeded)]
    [InlineData(HttpStatusCode.BadRequest, ErrorCodes.BadRequest)]
    public async Task A_refusal_for_good_says_why(HttpStatusCode status, string code)
    {
        await using var rig = await Rig.OnlineAsync();
        rig.Media.Refuse(status, code);

        Assert.Equal(code, (await Assert.ThrowsAsync<ChatException>(() => UploadAsync(rig, "hello"u8.ToArray()))).Code);
        Assert.Equal(code, (await Assert.ThrowsAsync<ChatException>(() => UploadAsync(rig, Large))).Code);

        Assert.Equal(2, rig.Media.Calls.Count);
    }

    [Fact]
    public async Task A_proxy_s_413_is_too_large_too()
    {
        await using var rig = await Rig.OnlineAsync();
        rig.Media.Before = (_, _) => Task.FromResult<HttpResponseMessage?>(new(HttpStatusCode.RequestEntityTooLarge) { Content = new StringContent("<html>") });

        Assert.Equal(ErrorCodes.TooLarge, (await Assert.ThrowsAsync<ChatException>(() => UploadAsync(rig, Large))).Code);
    }

    [Fact]
    public async Task Refused_for_now_it_is_tried_again_as_late_as_the_server_says_and_at_last_given_up()
    {
        await using var rig = await Rig.OnlineAsync();
        rig.Media.Refuse(HttpStatusCode.ServiceUnavailable, ErrorCodes.Unavailable, retryAfterSeconds: 7);
        var began = rig.Clock.GetUtcNow();

        var refused = await Assert.ThrowsAsync<ChatException>(() => UploadAsync(rig, "hello"u8.ToArray()));

        Assert.Equal(ErrorCodes.Unavailable, refused.Code);
        Assert.Equal(5, rig.Media.Calls.Count);
        Assert.True(rig.Clock.GetUtcNow() - began >= TimeSpan.FromSeconds(28));
    }

    [Fact]
    public async Task A_token_that_was_refused_is_renewed()
    {
        await using var rig = await Rig.OnlineAsync();
        var first = true;
        rig.Media.Before = (_, _) => Task.FromResult(first.Then(() => first = false) ? FakeRest.Refuse(HttpStatusCode.Unauthorized, ErrorCodes.TokenExpired) : null);

        await UploadAsync(rig, "hello"u8.ToArray());

        Assert.Equal(1, rig.Server.Refreshes);
        Assert.Equal(2, rig.Media.Calls.Count);
    }

    [Fact]
    public async Task A_file_that_cannot_be_read_is_no_fault_of_the_network()
    {
        await using var rig = await Rig.OnlineAsync();

        var broken = await Assert.ThrowsAsync<IOException>(() => rig.Client.UploadAsync(new Shrinking(), ct: CancellationToken.None));

        Assert.IsType<EndOfStreamException>(broken.InnerException);
        await Assert.ThrowsAsync<ArgumentException>(() => rig.Client.UploadAsync(new OneWay(), ct: CancellationToken.None));
    }

    [Fact]
    public async Task Nobody_uploads_while_signed_out_and_what_runs_ends_with_the_session()
    {
        await using var rig = await Rig.OnlineAsync();
        rig.Media.CutAfter = 100_000;
        rig.Media.Before = async (call, _) =>
        {
            if (call.StartsWith("HEAD", StringComparison.Ordinal))
                await rig.Client.SignOutAsync();
            return null;
        };

        Assert.Equal(ErrorCodes.Unauthenticated, (await Assert.ThrowsAsync<ChatException>(() => UploadAsync(rig, Large))).Code);
        Assert.Equal(ErrorCodes.Unauthenticated, (await Assert.ThrowsAsync<ChatException>(() => UploadAsync(rig, Large))).Code);
        Assert.Empty(await rig.Store.Files.GetKeysAsync(CancellationToken.None));
    }

    /// <summary>Lets the pauses between attempts go by.</summary>
    private static async Task<MessageMedia> UploadAsync(Rig rig, byte[] bytes, UploadOptions? options = null, CancellationToken ct = default)
    {
        var upload = Task.Run(() => rig.Client.UploadAsync(Of(bytes), options, ct), CancellationToken.None);
        await rig.AdvanceUntilAsync(() => upload.IsCompleted, "the upload has ended");
        return await upload;
    }

    private static MemoryStream Of(ReadOnlySpan<byte> bytes) => new(bytes.ToArray());

    private static string Base64(string text) => Convert.ToBase64String(Encoding.UTF8.GetBytes(text));

    private sealed class Told : List<UploadProgress>, IProgress<UploadProgress>
    {
        public void Report(UploadProgress value) => Add(value);
    }

    /// <summary>Has fewer bytes than it said.</summary>
    private sealed class Shrinking : MemoryStream
    {
        public override long Length => 9;
    }

    private sealed class OneWay : MemoryStream
    {
        public override bool CanSeek => false;
    }
}

internal static class Once
{
    /// <summary>The value, after which something is done.</summary>
    public static bool Then(this bool value, Action act)
    {
        if (value)
            act();
        return value;
    }
}
