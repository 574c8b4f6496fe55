using Chat.BuildingBlocks.Ids;
using Chat.Modules.Media.Catalogue;
using static Chat.Modules.Media.Tests.MediaWorld;

namespace Chat.Modules.Media.Tests.Attaching;

public sealed class MediaAccessTests : IDisposable
{
    private readonly MediaWorld _world = new();

    public void Dispose() => _world.Dispose();

    [Fact]
    public async Task The_uploader_reads_a_file_and_nobody_else_before_a_message_has_it()
    {
        var file = await _world.UploadAsync(Alice);

        Assert.True(await _world.MayReadAsync(Alice, file));
        Assert.False(await _world.MayReadAsync(Bob, file));
        Assert.False(await _world.MayReadAsync(Alice, MediaId.New(Start)));
    }

    [Theory]
    [InlineData(MediaState.Uploading)]
    [InlineData(MediaState.Removed)]
    public async Task What_is_not_there_is_read_by_nobody(object state)
    {
        var file = await _world.UploadAsync(Alice, (MediaState)state == MediaState.Removed ? MediaState.Ready : MediaState.Uploading);
        if ((MediaState)state == MediaState.Removed)
            await _world.Catalogue.TryBeginRemovalAsync((await _world.Catalogue.FindAsync(file, Ct))!, Start, Ct);

        Assert.False(await _world.MayReadAsync(Alice, file));
    }

    [Fact]
    public async Task Both_sides_of_a_direct_conversation_read_the_file_of_its_message_and_nobody_else()
    {
        var file = await _world.UploadAsync(Alice);
        await _world.SendAsync(Alice, AliceAndBob, file);

        Assert.True(await _world.MayReadAsync(Bob, file));
        Assert.False(await _world.MayReadAsync(Carol, file));
    }

    [Fact]
    public async Task Members_of_a_group_read_its_files_as_long_as_they_are_members()
    {
        var file = await _world.UploadAsync(Alice);
        _world.Conversations.Join(Group(1), Alice);
        _world.Conversations.Join(Group(1), Bob);
        await _world.SendAsync(Alice, Group(1), file);

        Assert.True(await _world.MayReadAsync(Bob, file));
        _world.Conversations.Leave(Group(1), Bob);
        Assert.False(await _world.MayReadAsync(Bob, file));
        await _world.SendAsync(Alice, Group(1), file);
        Assert.False(await _world.MayReadAsync(Bob, file));
        Assert.True(await _world.MayReadAsync(Alice, file));
    }

    [Fact]
    public async Task Who_sees_a_group_s_messages_from_joining_on_reads_no_file_of_before_and_each_of_after()
    {
        var (before, after) = (await _world.UploadAsync(Alice), await _world.UploadAsync(Alice));
        _world.Conversations.Join(Group(1), Alice);
        await _world.SendAsync(Alice, Group(1), before);
        await _world.SendAsync(Alice, Group(1), after);
        _world.Conversations.Join(Group(1), Bob, fromNow: true);
        await _world.SendAsync(Alice, Group(1), after);

        Assert.False(await _world.MayReadAsync(Bob, before));
        Assert.True(await _world.MayReadAsync(Bob, after));
    }

    [Fact]
    public async Task An_erased_message_shows_its_file_no_longer_and_another_with_the_same_does()
    {
        var file = await _world.UploadAsync(Alice);
        var first = await _world.SendAsync(Alice, AliceAndBob, file);
        var second = await _world.SendAsync(Alice, AliceAndBob, file);

        _world.Conversations.Erase(first);
        Assert.True(await _world.MayReadAsync(Bob, file));
        _world.Conversations.Erase(second);
        Assert.False(await _world.MayReadAsync(Bob, file));
    }

    [Fact]
    public async Task A_message_that_was_not_appended_shows_nothing()
    {
        var file = await _world.UploadAsync(Alice);
        Assert.True((await _world.AttachAsync(Alice, AliceAndBob, "1", file)).IsOk);

        Assert.False(await _world.MayReadAsync(Bob, file));
        // The attempt is in the log, and without this file.
        _world.Conversations.Append(AliceAndBob, Alice, "1");
        Assert.False(await _world.MayReadAsync(Bob, file));
    }

    [Fact]
    public async Task A_use_s_place_in_the_log_is_looked_up_once()
    {
        var file = await _world.UploadAsync(Alice);
        var message = await _world.SendAsync(Alice, AliceAndBob, file);

        Assert.True(await _world.MayReadAsync(Bob, file));

        Assert.Contains(await _world.Uses.GetAllAsync(file, 10, Ct), use => use.SeqNo == message.SeqNo.Value);
    }

    // Both are looked for by key: neither all messages of the file nor all groups of the user are asked.
    [Fact]
    public async Task A_file_in_very_many_groups_is_found_and_not_found_with_few_reads()
    {
        var file = await _world.UploadAsync(Alice);
        await _world.Uses.AddAsync(
            [.. Enumerable.Range(1_000, 20_000).Select(n => new MediaUse(file, Group(n).Value, Alice, $"{n}", Group(n), 1, Start))], Ct);
        for (var n = 0; n < 500; n++)
            _world.Conversations.Join(Group(n), Bob);

        Assert.False(await _world.MayReadAsync(Bob, file));
        Assert.Equal(0, _world.Conversations.Reads);

        _world.Conversations.Join(Group(321), Alice);
        await _world.SendAsync(Alice, Group(321), file);
        Assert.True(await _world.MayReadAsync(Bob, file));
        Assert.InRange(_world.Conversations.Reads, 1, 2);
    }

    [Fact]
    public async Task A_file_that_one_conversation_has_very_often_is_found_by_its_newest_message()
    {
        var file = await _world.UploadAsync(Alice);
        _world.Conversations.Join(Group(1), Alice);
        for (var n = 0; n < 400; n++)
            _world.Conversations.Append(Group(1), Alice, $"{n}", file);
        await _world.Uses.AddAsync(
            [.. _world.Conversations.Messages.Select(message =>
                new MediaUse(file, Group(1).Value, Alice, message.ClientMsgId, Group(1), message.SeqNo.Value, Start))], Ct);
        _world.Conversations.Join(Group(1), Bob, fromNow: true);

        Assert.False(await _world.MayReadAsync(Bob, file));
        await _world.SendAsync(Alice, Group(1), file);

        Assert.True(await _world.MayReadAsync(Bob, file));
        Assert.InRange(_world.Conversations.Reads, 1, 2);
    }

    // Whoever may read a file can forward it: often, and delete all of that.
    [Fact]
    public async Task Very_many_messages_that_were_erased_keep_nobody_from_a_file()
    {
        var file = await _world.UploadAsync(Alice);
        foreach (var member in new[] { Alice, Bob, Carol })
            _world.Conversations.Join(Group(1), member);
        await _world.SendAsync(Alice, Group(1), file);
        Assert.True(await _world.MayReadAsync(Bob, file));
        for (var n = 0; n < 1_000; n++)
            _world.Conversations.Erase(_world.Conversations.Append(Group(1), Carol, $"{n}", file));
        await _world.Uses.AddAsync([.. Enumerable.Range(0, 1_000).Select(n => new MediaUse(file, Group(1).Value, Carol, $"{n}", Group(1), n + 2, Start))], Ct);

        Assert.True(await _world.MayReadAsync(Bob, file));

        var before = _world.Conversations.Reads;
        Assert.True(await _world.MayReadAsync(Bob, file));
        Assert.InRange(_world.Conversations.Reads - before, 1, 2);
    }
}
