using Chat.BuildingBlocks.Ids;
using static Chat.Modules.Messaging.Tests.Words;

namespace Chat.Modules.Messaging.Tests.Log;

/// <summary>Which direct conversations a user has.</summary>
public abstract partial class MessageLogContract
{
    [Fact]
    public async Task A_direct_conversation_counts_as_begun_for_the_sender_of_its_first_message_alone()
    {
        foreach (var (n, other) in new[] { Bob, Carol, UserId.Parse("a.first"), UserId.Parse("z.last") }.Index())
            await AppendAsync(ConversationId.Direct(Alice, other), n % 2 == 0 ? Alice : other, $"first {n}");
        await AppendAsync(AliceAndBob, Bob, "answer");
        await AppendAsync(Team, Alice, "team");

        Assert.Equal(2, await Log.CountDirectsBegunAsync(Alice, 100, Ct));
        Assert.Equal(1, await Log.CountDirectsBegunAsync(Alice, 1, Ct));
        Assert.Equal(0, await Log.CountDirectsBegunAsync(Bob, 100, Ct));
        Assert.Equal(1, await Log.CountDirectsBegunAsync(Carol, 100, Ct));
        Assert.Equal(2, await Log.CountDirectsByOthersAsync(Alice, 100, Ct));
        Assert.Equal(1, await Log.CountDirectsByOthersAsync(Alice, 1, Ct));
        Assert.Equal(1, await Log.CountDirectsByOthersAsync(Bob, 100, Ct));
        Assert.Equal(0, await Log.CountDirectsByOthersAsync(Carol, 100, Ct));
        Assert.Equal(4, (await Log.GetDirectConversationsAsync(Alice, Ct)).Count);
    }

    [Fact]
    public async Task Of_many_users_those_are_found_with_whom_there_is_a_direct_conversation()
    {
        UserId[] talked = [Bob, Carol, UserId.Parse("a.first"), UserId.Parse("z.last")];
        foreach (var (n, other) in talked.Index())
            await AppendAsync(ConversationId.Direct(Alice, other), n % 2 == 0 ? Alice : other, $"first {n}");
        await AppendAsync(ConversationId.Direct(Bob, Carol), Bob, "not alice's");
        var strangers = Enumerable.Range(0, 100).Select(n => UserId.Parse($"stranger{n}")).ToList();

        Assert.Equal(Named(talked), Named(await Log.FindDirectsWithAsync(Alice, [.. strangers, .. talked], Ct)));
        Assert.Equal(Named([Alice, Carol]), Named(await Log.FindDirectsWithAsync(Bob, [Carol, .. strangers, Alice], Ct)));
        Assert.Empty(await Log.FindDirectsWithAsync(Alice, strangers, Ct));
        Assert.Empty(await Log.FindDirectsWithAsync(Alice, [], Ct));

        static IEnumerable<string> Named(IEnumerable<UserId> users) => users.Select(user => user.Value).Order(StringComparer.Ordinal);
    }

    [Fact]
    public async Task Both_users_of_a_direct_conversation_have_it_once()
    {
        var withCarol = ConversationId.Direct(Carol, Alice);
        await AppendAsync(AliceAndBob, Alice, "1");
        await AppendAsync(AliceAndBob, Bob, "2");
        await AppendAsync(withCarol, Carol, "3");
        await AppendAsync(Team, Alice, "4");
        await AppendAsync(ConversationId.Parse("dm:al:zed"), UserId.Parse("al"), "5");
        await ReopenAsync();
        await AppendAsync(AliceAndBob, Bob, "6");

        Assert.Equal([AliceAndBob, withCarol], await DirectsOf(Alice));
        Assert.Equal([AliceAndBob], await DirectsOf(Bob));
        Assert.Equal([withCarol], await DirectsOf(Carol));
        Assert.Empty(await DirectsOf(UserId.Parse("nobody")));
    }

    private async Task<IEnumerable<ConversationId>> DirectsOf(UserId user) =>
        (await Log.GetDirectConversationsAsync(user, Ct)).OrderBy(id => id.Value, StringComparer.Ordinal);
}
