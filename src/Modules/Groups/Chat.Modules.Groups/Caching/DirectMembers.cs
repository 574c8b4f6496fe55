using Chat.BuildingBlocks.Ids;

namespace Chat.Modules.Groups.Caching;

/// <summary>
/// The members of direct conversations that were asked for lately. They are in the conversation's id, but to cut them out costs 300 bytes, for every message and every ack.
/// </summary>
internal sealed class DirectMembers
{
    // About a megabyte when all are used. Two conversations with the same place replace one another.
    private const int Places = 4_096;

    private readonly Known?[] _known = new Known?[Places];

    public Task<IReadOnlyList<UserId>> Of(ConversationId conversation)
    {
        ref var place = ref _known[(uint)conversation.GetHashCode() % Places];
        var known = Volatile.Read(ref place);
        if (known is null || known.Conversation != conversation)
        {
            known = new Known(conversation, Task.FromResult(conversation.Members));
            Volatile.Write(ref place, known);
        }
        return known.Members;
    }

    private sealed record Known(ConversationId Conversation, Task<IReadOnlyList<UserId>> Members);
}
