using Chat.BuildingBlocks.Ids;

namespace Chat.Modules.Delivery.Notifications.Dead;

/// <summary>A notification that was given up. Neither the text nor the address are in it.</summary>
/// <param name="Id">Rises with the time.</param>
/// <param name="SeqNo">Of the newest message that it was about.</param>
/// <param name="Reason">One of <see cref="PushReason"/>.</param>
/// <param name="Status">The platform's last HTTP status; 0 for no answer.</param>
/// <param name="Since">When the oldest message that it was about was appended.</param>
internal sealed record DeadLetter(
    Guid Id, PushKind Kind, DeviceAddress Device, ConversationId Conversation, SeqNo SeqNo, string Reason, int Status, int Attempts, DateTimeOffset Since,
    DateTimeOffset DiedAt);

/// <summary>Notifications that were given up: the newest <see cref="PushOptions.MaxDead"/>, for <see cref="Life"/>.</summary>
/// <remarks>Passes DeadLettersContract.</remarks>
internal interface IDeadLetters
{
    static readonly TimeSpan Life = TimeSpan.FromDays(7);

    Task AddAsync(DeadLetter letter, CancellationToken ct);

    /// <summary>The newest first.</summary>
    /// <param name="before">Those that died before this one; null for the newest.</param>
    /// <param name="limit">1 or more.</param>
    /// <param name="ct">Gives up waiting.</param>
    Task<IReadOnlyList<DeadLetter>> ReadAsync(Guid? before, int limit, CancellationToken ct);

    /// <summary>Null if there is none, any more.</summary>
    Task<DeadLetter?> FindAsync(Guid id, CancellationToken ct);

    Task RemoveAsync(Guid id, CancellationToken ct);
}
