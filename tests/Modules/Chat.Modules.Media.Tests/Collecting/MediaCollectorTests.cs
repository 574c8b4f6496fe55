using Chat.Modules.Media.Catalogue;
using Chat.Modules.Media.Contracts;
using Chat.Modules.Media.Thumbnails;
using static Chat.Modules.Media.Tests.MediaWorld;

namespace Chat.Modules.Media.Tests.Collecting;

public sealed class MediaCollectorTests : IDisposable
{
    private static readonly TimeSpan AnHour = TimeSpan.FromHours(1);

    private readonly MediaWorld _world = new();

    public void Dispose() => _world.Dispose();

    [Theory]
    [InlineData(MediaState.Ready)]
    [InlineData(MediaState.Quarantined)]
    [InlineData(MediaState.Uploading)]
    public async Task What_no_message_has_goes_when_it_is_not_kept_any_more_and_not_before(object state)
    {
        var file = await _world.UploadAsync(Alice, (MediaState)state);

        Assert.Equal(0, await CollectAfterAsync(Options.Value.OrphanAfter));
        Assert.NotNull(await _world.Catalogue.FindAsync(file, Ct));
        Assert.Equal(1, await CollectAfterAsync(AnHour));
        Assert.Null(await _world.Catalogue.FindAsync(file, Ct));
        Assert.Equal(0, await _world.Catalogue.UsageAsync(Alice, Ct));
        Assert.Equal(0, await CollectAfterAsync(AnHour));
    }

    [Fact]
    public async Task What_a_message_has_stays_and_is_not_looked_at_again()
    {
        var file = await _world.UploadAsync(Alice);
        var message = await _world.SendAsync(Alice, AliceAndBob, file);

        Assert.Equal(0, await CollectAfterAsync(Options.Value.OrphanAfter + AnHour));

        Assert.True(await _world.MayReadAsync(Bob, file));
        Assert.Empty(await _world.Catalogue.GetDueAsync(Start.AddYears(100), 10, Ct));
        Assert.Contains(await _world.Uses.GetAllAsync(file, 10, Ct), use => use.SeqNo == message.SeqNo.Value);
    }

    [Fact]
    public async Task What_was_attached_and_never_sent_goes_with_its_uses()
    {
        var file = await _world.UploadAsync(Alice);
        await _world.AttachAsync(Alice, AliceAndBob, "1", file);
        // The attempt came to the log with other files.
        await _world.AttachAsync(Alice, AliceAndBob, "2", file);
        _world.Conversations.Append(AliceAndBob, Alice, "2");

        Assert.Equal(0, await CollectAfterAsync(Options.Value.OrphanAfter - AnHour));
        Assert.Equal(1, await CollectAfterAsync(2 * AnHour));
        Assert.Empty(await _world.Uses.GetAllAsync(file, 10, Ct));
    }

    [Fact]
    public async Task The_file_of_an_erased_message_goes_unless_another_has_it()
    {
        var (one, two) = (await _world.UploadAsync(Alice), await _world.UploadAsync(Alice));
        var first = await _world.SendAsync(Alice, AliceAndBob, one, two);
        var second = await _world.SendAsync(Bob, AliceAndBob, two);
        Assert.Equal(0, await CollectAfterAsync(Options.Value.OrphanAfter + AnHour));

        await EraseAsync(first);
        Assert.Equal(0, await CollectAfterAsync(AnHour));
        Assert.Equal(1, await CollectAfterAsync(Options.Value.OrphanAfter));

        Assert.Null(await _world.Catalogue.FindAsync(one, Ct));
        Assert.NotNull(await _world.Catalogue.FindAsync(two, Ct));
        await EraseAsync(second);
        Assert.Equal(1, await CollectAfterAsync(Options.Value.OrphanAfter + AnHour));
    }

    // The collector has read the use of the attempt that failed, and looks whether its message is in the log.
    [Fact]
    public async Task An_attempt_that_is_made_again_while_the_collector_looks_for_it_keeps_its_file()
    {
        var file = await _world.UploadAsync(Alice);
        await _world.AttachAsync(Alice, AliceAndBob, "1", file);
        _world.Conversations.BeforeLook = async () =>
        {
            _world.Conversations.BeforeLook = () => Task.CompletedTask;
            Assert.True((await _world.AttachAsync(Alice, AliceAndBob, "1", file)).IsOk);
        };

        Assert.Equal(0, await CollectAfterAsync(Options.Value.OrphanAfter + AnHour));
        _world.Conversations.Append(AliceAndBob, Alice, "1", file);

        Assert.Equal(0, await CollectAfterAsync(Options.Value.OrphanAfter + AnHour));
        Assert.True(await _world.MayReadAsync(Bob, file));
    }

    // The collector has found no message, and is about to remove the file.
    [Fact]
    public async Task A_message_that_comes_at_the_last_moment_keeps_its_file()
    {
        var file = await _world.UploadAsync(Alice);
        _world.Clock.Advance(Options.Value.OrphanAfter + AnHour);
        var seen = (await _world.Catalogue.FindAsync(file, Ct))!;

        Assert.True((await _world.AttachAsync(Alice, AliceAndBob, "1", file)).IsOk);

        Assert.False(await _world.Catalogue.TryBeginRemovalAsync(seen, _world.Clock.GetUtcNow(), Ct));
    }

    // The upload of a slow client is removed as unfinished, and its server dies when the last byte has come.
    [Fact]
    public async Task Bytes_that_come_after_their_file_was_removed_go_with_all_that_is_beside_them()
    {
        var file = await _world.UploadAsync(Alice, MediaState.Uploading);
        Assert.Equal(1, await CollectAfterAsync(Options.Value.OrphanAfter + AnHour));
        foreach (var key in new[] { MediaRow.OwnKeyOf(file), $"{file}.s", ThumbnailSteps.KeyOf(MediaRow.OwnKeyOf(file), ThumbnailSteps.Largest) })
            await _world.Bytes.WriteAsync(key, new MemoryStream([1]), Ct);

        await CollectAfterAsync(Options.Value.OrphanAfter - AnHour);
        Assert.Equal(3, _world.Bytes.Keys.Count());
        Assert.Equal(0, await CollectAfterAsync(2 * AnHour));

        Assert.Empty(_world.Bytes.Keys);
        Assert.Empty(await _world.Catalogue.GetDueAsync(Start.AddYears(100), 10, Ct));
    }

    [Fact]
    public async Task What_cannot_be_looked_at_holds_up_nothing_and_comes_again()
    {
        await _world.Catalogue.AddDueAsync(new DueEntry(Start, DueEntry.Medium, "no id"), Ct);
        await _world.Catalogue.AddDueAsync(new DueEntry(Start, "of a newer server", "x"), Ct);
        var file = await _world.UploadAsync(Alice);

        Assert.Equal(1, await CollectAfterAsync(Options.Value.OrphanAfter + AnHour));

        Assert.Empty(await _world.Catalogue.GetDueAsync(_world.Clock.GetUtcNow(), 10, Ct));
        var later = await _world.Catalogue.GetDueAsync(_world.Clock.GetUtcNow() + 2 * AnHour, 10, Ct);
        Assert.Equal(["no id", "x"], later.Select(due => due.Id).Where(id => id != $"{file}").Order());
    }

    private async Task<int> CollectAfterAsync(TimeSpan time)
    {
        _world.Clock.Advance(time);
        return (await _world.Collector.Handle(new CollectMedia(), Ct)).Value;
    }

    private async Task EraseAsync(Chat.Modules.Messaging.Contracts.LoggedMessage message)
    {
        await _world.Attachments.ReleaseAsync([.. message.Content.Media.Select(media => media.Id)], Ct);
        _world.Conversations.Erase(message);
    }
}
