using Chat.BuildingBlocks.Ids;
using Chat.BuildingBlocks.Mediation;
using Chat.Modules.Messaging.Contracts;
using Chat.Modules.Messaging.Log;

namespace Chat.Modules.Messaging.Timers;

internal sealed class GetTimersHandler(IMessageLog log) : IQueryHandler<GetTimers, IReadOnlyDictionary<ConversationId, int>>
{
    public async Task<IReadOnlyDictionary<ConversationId, int>> Handle(GetTimers query, CancellationToken ct) =>
        (await log.ReadTimersAsync(query.Conversations, ct)).Where(one => one.Value.Seconds > 0).ToDictionary(one => one.Key, one => one.Value.Seconds);
}
