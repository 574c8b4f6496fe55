using Chat.BuildingBlocks.Errors;
using Chat.Modules.Messaging.Contracts;
using Chat.Modules.Messaging.Log;

namespace Chat.Modules.Messaging.Homes;

/// <summary>
/// Where a conversation's messages are appended. One server appends for all senders of a conversation who are on several servers, as otherwise its terms would go
/// from server to server with each message (docs/adr/0011).
/// </summary>
internal interface IConversationHomes
{
    /// <summary>Appends at the conversation's home, or here where the home does not answer. The order of the calls is kept within a conversation.</summary>
    /// <param name="draft">What to append.</param>
    /// <param name="here">Appends on this server. Calls to the log are made before it returns, so that its calls keep their order.</param>
    /// <returns>A refusal only for a change.</returns>
    /// <exception cref="StoreUnavailableException">It may have happened: the same again is safe.</exception>
    Task<Result<SentMessage>> AppendAsync(MessageDraft draft, Func<MessageDraft, Task<Result<SentMessage>>> here);
}

/// <summary>Of a server by itself.</summary>
internal sealed class EmbeddedConversationHomes : IConversationHomes
{
    public Task<Result<SentMessage>> AppendAsync(MessageDraft draft, Func<MessageDraft, Task<Result<SentMessage>>> here) => here(draft);
}
