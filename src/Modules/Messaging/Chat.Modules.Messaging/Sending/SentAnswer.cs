using System.Text.Json.Serialization;
using Chat.BuildingBlocks.Ids;
using Chat.Modules.Messaging.Contracts;
using Microsoft.AspNetCore.Http;

namespace Chat.Modules.Messaging.Sending;

/// <summary>The ack of an entry over REST.</summary>
/// <param name="ClientMsgId">The caller's id of the attempt; absent if it named none.</param>
internal sealed record SentAnswer(
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? ClientMsgId,
    MessageId MessageId, ConversationId ConversationId, SeqNo SeqNo, long Timestamp, string Status)
{
    /// <summary>201 for a new entry, 200 for an attempt that was seen before and for what is so already.</summary>
    public static IResult To(string? clientMsgId, SentMessage sent) => Results.Json(
        new SentAnswer(clientMsgId, sent.Id, sent.Conversation, sent.SeqNo, sent.Timestamp.ToUnixTimeMilliseconds(), "sent"), statusCode: sent.Duplicate ? 200 : 201);
}
