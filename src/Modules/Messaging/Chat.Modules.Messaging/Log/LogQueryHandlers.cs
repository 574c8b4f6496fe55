using Chat.BuildingBlocks.Ids;
using Chat.BuildingBlocks.Mediation;
using Chat.Modules.Messaging.Contracts;

namespace Chat.Modules.Messaging.Log;

/// <summary>The log as other modules may ask it.</summary>
internal sealed class ReadLogHandler(IMessageLog log) : IQueryHandler<ReadLog, IReadOnlyList<LoggedMessage>>
{
    public Task<IReadOnlyList<LoggedMessage>> Handle(ReadLog query, CancellationToken ct) =>
        log.ReadAfterAsync(query.Conversation, query.After, new ReadLimit(query.Limit, query.MaxBytes), ct).AsTask();
}

internal sealed class ReadLogDownwardsHandler(IMessageLog log) : IQueryHandler<ReadLogDownwards, IReadOnlyList<LoggedMessage>>
{
    public Task<IReadOnlyList<LoggedMessage>> Handle(ReadLogDownwards query, CancellationToken ct) =>
        log.ReadBeforeAsync(query.Conversation, query.Before, query.Limit, ct).AsTask();
}

internal sealed class GetHeadHandler(IMessageLog log) : IQueryHandler<GetHead, SeqNo>
{
    public Task<SeqNo> Handle(GetHead query, CancellationToken ct) => log.GetHeadAsync(query.Conversation, ct).AsTask();
}

internal sealed class FindDirectsWithHandler(IMessageLog log) : IQueryHandler<FindDirectsWith, IReadOnlyCollection<UserId>>
{
    public Task<IReadOnlyCollection<UserId>> Handle(FindDirectsWith query, CancellationToken ct) => log.FindDirectsWithAsync(query.User, query.Others, ct).AsTask();
}

internal sealed class GetHeadsHandler(IMessageLog log) : IQueryHandler<GetHeads, IReadOnlyList<SeqNo>>
{
    public async Task<IReadOnlyList<SeqNo>> Handle(GetHeads query, CancellationToken ct) =>
        [.. (await log.GetHeadsAsync(query.Conversations, ct)).Select(head => head?.SeqNo ?? SeqNo.None)];
}

internal sealed class FindMessageHandler(IMessageLog log) : IQueryHandler<FindMessage, MessageLocation?>
{
    public Task<MessageLocation?> Handle(FindMessage query, CancellationToken ct) => log.FindAsync(query.Message, ct).AsTask();
}

internal sealed class FindAttemptHandler(IMessageLog log) : IQueryHandler<FindAttempt, LoggedMessage?>
{
    public Task<LoggedMessage?> Handle(FindAttempt query, CancellationToken ct) => log.FindAttemptAsync(query.Sender, query.ClientMsgId, ct).AsTask();
}

internal sealed class HasWrittenHandler(IMessageLog log) : IQueryHandler<HasWritten, bool>
{
    public Task<bool> Handle(HasWritten query, CancellationToken ct) => log.HasWrittenAsync(query.User, query.Conversation, ct).AsTask();
}

internal sealed class GetEpochHandler(IMessageLog log) : IQueryHandler<GetEpoch, string>
{
    public Task<string> Handle(GetEpoch query, CancellationToken ct) => Task.FromResult(log.Epoch);
}
