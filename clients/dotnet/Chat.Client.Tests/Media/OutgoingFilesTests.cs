using System.Net;
using Chat.Client.Tests.Fakes;
using Chat.EndToEnd.Tests.Running;

namespace Chat.Client.Tests.Media;

public sealed class OutgoingFilesTests
{
    [Fact]
    public async Task A_message_waits_for_its_files_and_is_sent_with_them()
    {
        await using var rig = await Rig.OnlineAsync();
        var release = rig.Media.Hold();
        var voice = new FileToSend(new MemoryStream("ogg"u8.ToArray())) { ContentType = "audio/ogg", Voice = true, Waveform = [0, 300, 7], DurationMs = 900 };

        var outgoing = await rig.Client.SendAsync(Rig.Direct, "look", [Picture(), voice]);
        using var timeline = rig.Client.OpenTimeline(Rig.Direct);
        Assert.Equal([OutgoingState.Uploading], timeline.Outgoing.Select(entry => entry.State));
        await using (var bytes = await rig.Client.OutgoingFileAsync(outgoing.Files[0].FileId))
            Assert.Equal(3, bytes!.Length);
        Assert.Empty(rig.Sends);
        // A page that came with the message would be without its media, which the fake server does not keep.
        await Until.TrueAsync(() => rig.Rest.Asked.Any(asked => asked.Contains("/messages?", StringComparison.Ordinal)) && !timeline.IsLoading, "its first page is read");

        release();
        await SentAsync(rig, 1);
        var media = Assert.Single(rig.Sends).MediaIds!;
        Assert.Equal([null, true], media.Select(reference => reference.Voice));
        Assert.Equal([0, 255, 7], media[1].Waveform);
        await Until.TrueAsync(() => timeline.Messages.Count == 1 && timeline.Outgoing.Count == 0, "it is shown");
        // As the ack stored it: a later page has no media.
        var moved = Assert.Single(rig.Store.Written, changes => changes.OfType<StoreChange.RemoveOutgoing>().Any());
        var shown = Assert.Single(moved.OfType<StoreChange.PutMessage>()).Message.Media;
        Assert.Equal(("image/png", "cat.png", true, false), (shown[0].ContentType, shown[0].Name, shown[0].Thumbnail, shown[0].Voice));
        Assert.Equal(("audio/ogg", 900L, true), (shown[1].ContentType, shown[1].DurationMs, shown[1].Voice));
        await NothingKeptAsync(rig);
    }

    [Fact]
    public async Task A_text_passes_a_message_that_waits_for_its_files_which_then_goes_in_its_turn()
    {
        await using var rig = await Rig.OnlineAsync();
        rig.Server.Answer = _ => null;
        var release = rig.Media.Hold();
        await rig.Client.SendAsync(Rig.Direct, "one", [Picture()]);
        await rig.Client.SendAsync(Rig.Direct, "two", [Picture()]);
        await rig.Client.SendAsync(Rig.Direct, "text");
        await Until.TrueAsync(() => rig.Sends.Count == 1, "the text is sent");

        // The text has no answer yet, so neither of the others is sent.
        release();
        using var timeline = rig.Client.OpenTimeline(Rig.Direct);
        await Until.TrueAsync(() => timeline.Outgoing.All(entry => entry.State != OutgoingState.Uploading), "all is uploaded");
        await rig.SettleAsync();
        Assert.Equal(["text"], rig.Sends.Select(send => send.Text));

        rig.Server.Answer = null;
        rig.Server.Current.Push(FakeServer.AckOf(rig.Server.Append(Rig.Direct, Rig.Me, "text", rig.Sends[0].ClientMsgId)));
        await SentAsync(rig, 3);
        Assert.Equal(["text", "one", "two"], rig.Server.Log(Rig.Direct).OrderBy(message => message.SeqNo).Select(message => message.Text));
    }

    [Fact]
    public async Task A_refused_file_marks_the_message_which_is_retried_or_discarded_with_its_files()
    {
        await using var rig = await Rig.OnlineAsync();
        rig.Media.Refuse(HttpStatusCode.RequestEntityTooLarge, ErrorCodes.QuotaExceeded);
        var first = await rig.Client.SendAsync(Rig.Direct, "", [Picture()]);
        var second = await rig.Client.SendAsync(Rig.Direct, "", [Picture()]);
        using var timeline = rig.Client.OpenTimeline(Rig.Direct);
        await Until.TrueAsync(() => timeline.Outgoing.All(entry => entry is { State: OutgoingState.Failed, Error.Code: ErrorCodes.QuotaExceeded }), "both have failed");

        await rig.Client.DiscardAsync(second.ClientMsgId);
        rig.Media.Serve();
        await rig.Client.RetryAsync(first.ClientMsgId);

        await SentAsync(rig, 1);
        await NothingKeptAsync(rig);
        Assert.Empty(timeline.Outgoing);
    }

    [Fact]
    public async Task A_message_discarded_under_way_ends_its_upload_here_and_on_the_server()
    {
        await using var rig = await Rig.OnlineAsync();
        var reached = new TaskCompletionSource();
        var ended = new TaskCompletionSource();
        rig.Media.Before = async (call, ct) =>
        {
            if (!call.StartsWith("PATCH", StringComparison.Ordinal))
                return null;
            reached.TrySetResult();
            await using var onEnd = ct.Register(ended.SetResult);
            await ended.Task;
            ct.ThrowIfCancellationRequested();
            return null;
        };
        var outgoing = await rig.Client.SendAsync(Rig.Direct, "", [new FileToSend(new MemoryStream(new byte[600_000]))]);
        await reached.Task;

        await rig.Client.DiscardAsync(outgoing.ClientMsgId);

        await ended.Task;
        await Until.TrueAsync(() => rig.Media.Of("DELETE").Length == 1 && rig.Media.Uploads.IsEmpty, "the server has ended it");
        await NothingKeptAsync(rig);
        Assert.Empty(rig.Sends);
    }

    [Fact]
    public async Task What_the_server_has_collected_meanwhile_is_uploaded_again()
    {
        await using var rig = await Rig.OnlineAsync();
        rig.Server.Answer = send => new Refusal(ErrorCodes.NotFound, "No such file.", send.ClientMsgId, null);
        var outgoing = await rig.Client.SendAsync(Rig.Direct, "", [Picture()]);
        using var timeline = rig.Client.OpenTimeline(Rig.Direct);
        await Until.TrueAsync(() => timeline.Outgoing is [{ State: OutgoingState.Failed }], "it has failed");

        rig.Server.Answer = null;
        await rig.Client.RetryAsync(outgoing.ClientMsgId);

        await SentAsync(rig, 1);
        Assert.Equal(2, rig.Sends.Select(send => Assert.Single(send.MediaIds!).MediaId).Distinct().Count());
    }

    [Fact]
    public async Task A_server_that_is_away_is_asked_again_and_progress_is_told()
    {
        await using var rig = await Rig.OnlineAsync();
        rig.Media.Refuse(HttpStatusCode.ServiceUnavailable, ErrorCodes.Unavailable, retryAfterSeconds: 1);
        rig.Server.Answer = _ => null;
        var outgoing = await rig.Client.SendAsync(Rig.Direct, "", [Picture()]);
        await rig.AdvanceUntilAsync(() => rig.Media.Calls.Count > 5, "it is tried again after it was given up");

        rig.Media.Serve();
        await rig.AdvanceUntilAsync(() => rig.Sends.Count == 1, "it is sent");

        Assert.Equal(3, rig.Client.UploadedOf(outgoing.Files[0].FileId));
    }

    [Fact]
    public async Task What_cannot_be_sent_leaves_no_file()
    {
        await using var rig = await Rig.OnlineAsync();

        var many = await Assert.ThrowsAsync<ChatException>(() => rig.Client.SendAsync(Rig.Direct, "", [.. Enumerable.Range(0, 11).Select(_ => Picture())]));
        rig.Store.Fails = changes => changes.OfType<StoreChange.PutOutgoing>().Any();
        var full = await Assert.ThrowsAsync<ChatException>(() => rig.Client.SendAsync(Rig.Direct, "", [Picture()]));
        await Assert.ThrowsAsync<FileNotFoundException>(() => rig.Client.SendAsync(Rig.Direct, "", [Picture(), new FileToSend("/nowhere.png")]));

        Assert.Equal((ErrorCodes.TooLarge, ErrorCodes.Storage), (many.Code, full.Code));
        await NothingKeptAsync(rig);
    }

    [Fact]
    public async Task Files_wait_for_their_user_after_the_session_has_ended_and_go_when_the_user_signs_out()
    {
        await using var rig = await Rig.OnlineAsync();
        rig.Media.Hold();
        await rig.Client.SendAsync(Rig.Direct, "later", [Picture()]);
        rig.Server.KnowsSession = false;
        rig.Server.NextTokens();
        rig.Server.Current.Close(CloseReason.Revoked);
        await rig.AdvanceUntilAsync(() => rig.Client.Connection.Status == ConnectionStatus.SignedOut, "the session has ended");
        Assert.Single(await rig.Store.Files.GetKeysAsync(CancellationToken.None));

        rig.Server.KnowsSession = true;
        await rig.Client.SignInAsync(Rig.Me, "password");
        using var timeline = rig.Client.OpenTimeline(Rig.Direct);
        Assert.Equal([OutgoingState.Uploading], timeline.Outgoing.Select(entry => entry.State));
        await rig.Client.SignOutAsync();

        Assert.Empty(await rig.Store.Files.GetKeysAsync(CancellationToken.None));
    }

    [Fact]
    public async Task What_a_crash_has_left_is_deleted_when_it_is_old_and_what_is_used_stays()
    {
        await using var rig = new Rig();
        var files = rig.Store.Files;
        var (old, young) = (Guid.CreateVersion7(rig.Clock.GetUtcNow() - TimeSpan.FromHours(2)), Guid.CreateVersion7(rig.Clock.GetUtcNow()));
        await KeepAsync($"bytes-{old}", "old");
        await KeepAsync($"bytes-{young}", "young");
        await KeepAsync("upload-1", $$"""{"uploadId":"u","at":{{(rig.Clock.GetUtcNow() - TimeSpan.FromHours(25)).ToUnixTimeMilliseconds()}}}""");
        await KeepAsync("upload-2", $$"""{"uploadId":"u","at":{{rig.Clock.GetUtcNow().ToUnixTimeMilliseconds()}}}""");
        await KeepAsync("upload-3", "no JSON");

        await rig.OpenAsync();

        await Until.TrueAsync(async () => (await files.GetKeysAsync(CancellationToken.None)).Count == 2, "the old ones are gone");
        Assert.Equal([$"bytes-{young}", "upload-2"], (await files.GetKeysAsync(CancellationToken.None)).Order());

        async Task KeepAsync(string key, string content) => await files.PutAsync(key, new MemoryStream(System.Text.Encoding.UTF8.GetBytes(content)), CancellationToken.None);
    }

    private static FileToSend Picture() => new(new MemoryStream("png"u8.ToArray())) { Name = "cat.png", ContentType = "image/png", Width = 3, Height = 2 };

    private static Task SentAsync(Rig rig, int messages) => Until.TrueAsync(() => rig.Server.Log(Rig.Direct).Count == messages, $"{messages} are sent");

    private static Task NothingKeptAsync(Rig rig) =>
        Until.TrueAsync(async () => (await rig.Store.Files.GetKeysAsync(CancellationToken.None)).Count == 0, "nothing is kept");
}
