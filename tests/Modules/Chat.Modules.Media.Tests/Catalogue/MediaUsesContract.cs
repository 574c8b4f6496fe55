using Chat.BuildingBlocks.Ids;
using Chat.Modules.Media.Catalogue;

namespace Chat.Modules.Media.Tests.Catalogue;

/// <summary>What every store of uses promises.</summary>
public abstract class MediaUsesContract
{
    private static readonly DateTimeOffset Now = DateTimeOffset.UnixEpoch.AddDays(20_000);
    private static readonly MediaId Picture = MediaId.New(Now);

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    private protected abstract IMediaUses Uses { get; }

    [Fact]
    public async Task A_use_is_found_in_its_scope()
    {
        var (alices, bobs) = (Use("u:alice"), Use("u:bob"));
        await Uses.AddAsync([alices, bobs, Use("u:alice") with { Media = MediaId.New(Now) }], Ct);

        Assert.Equal([alices], await Uses.GetAsync(Picture, ["u:alice"], 10, Ct));
        Assert.Empty(await Uses.GetAsync(Picture, ["u:carol", "g:1"], 10, Ct));
        Assert.Equal([alices, bobs], (await Uses.GetAllAsync(Picture, 10, Ct)).OrderBy(use => use.Scope, StringComparer.Ordinal));
        Assert.Equal(2, (await Uses.GetAsync(Picture, [.. Enumerable.Range(0, 98).Select(n => $"g:{n}"), "u:bob", "u:alice"], 10, Ct)).Count);
        Assert.Single(await Uses.GetAllAsync(Picture, 1, Ct));
    }

    [Fact]
    public async Task A_use_that_is_added_again_keeps_its_place_in_the_log()
    {
        var use = Use("u:alice");
        await Uses.AddAsync([use], Ct);
        await Uses.SetSeqNoAsync(use, 42, Ct);

        await Uses.AddAsync([use with { CreatedAt = Now.AddDays(1) }], Ct);

        Assert.Equal([use with { SeqNo = 42 }], await Uses.GetAllAsync(Picture, 10, Ct));
    }

    [Fact]
    public async Task A_removed_use_does_not_come_back_with_its_place_in_the_log()
    {
        var use = Use("u:alice");
        await Uses.AddAsync([use], Ct);
        Assert.True(await Uses.TryRemoveAsync([use], Ct));

        Assert.False(await Uses.TryRemoveAsync([use], Ct));
        await Uses.SetSeqNoAsync(use, 42, Ct);

        Assert.Empty(await Uses.GetAllAsync(Picture, 10, Ct));
    }

    [Fact]
    public async Task Many_are_removed_but_for_those_that_were_added_again()
    {
        var uses = Enumerable.Range(0, 70).Select(n => Use("u:alice") with { ClientMsgId = $"{n}" }).ToList();
        await Uses.AddAsync(uses, Ct);
        var again = uses[40] with { CreatedAt = uses[40].CreatedAt.AddMilliseconds(1) };
        await Uses.AddAsync([again], Ct);

        Assert.False(await Uses.TryRemoveAsync(uses, Ct));
        Assert.Equal([again], await Uses.GetAllAsync(Picture, 100, Ct));
        Assert.True(await Uses.TryRemoveAsync([again], Ct));

        Assert.Empty(await Uses.GetAllAsync(Picture, 100, Ct));
    }

    [Fact]
    public async Task A_use_that_was_added_again_is_not_removed_as_it_was_seen_before()
    {
        var use = Use("u:alice");
        await Uses.AddAsync([use], Ct);
        var again = use with { CreatedAt = Now.AddMilliseconds(1), Conversation = ConversationId.Parse("dm:alice:carol") };
        await Uses.AddAsync([again], Ct);

        Assert.False(await Uses.TryRemoveAsync([use], Ct));
        Assert.Equal([again], await Uses.GetAllAsync(Picture, 10, Ct));
        Assert.True(await Uses.TryRemoveAsync([again], Ct));
        await Uses.AddAsync([use], Ct);
        Assert.Equal([use], await Uses.GetAllAsync(Picture, 10, Ct));
    }

    private static MediaUse Use(string scope) =>
        new(Picture, scope, UserId.Parse("alice"), "attempt 1", ConversationId.Parse("dm:alice:bob"), null, Now);
}
