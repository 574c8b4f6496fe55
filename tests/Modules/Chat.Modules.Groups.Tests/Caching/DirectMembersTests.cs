using Chat.BuildingBlocks.Ids;
using Chat.Modules.Groups.Caching;

namespace Chat.Modules.Groups.Tests.Caching;

public sealed class DirectMembersTests
{
    [Fact]
    public async Task Conversations_that_replace_one_another_have_their_own_members()
    {
        var directs = new DirectMembers();
        var conversations = Enumerable.Range(0, 10_000).Select(n => ConversationId.Parse($"dm:alice-{n:D5}:bob")).ToList();

        for (var round = 0; round < 2; round++)
        {
            foreach (var conversation in conversations)
                Assert.Equal(conversation.Members, await directs.Of(conversation));
        }
    }

    [Fact]
    public void What_is_known_is_not_made_again()
    {
        var directs = new DirectMembers();
        var conversation = ConversationId.Parse("dm:alice:bob");
        var first = directs.Of(conversation);

        Assert.Same(first, directs.Of(ConversationId.Parse("dm:alice:bob")));
    }
}
