namespace Chat.Modules.Delivery.Contracts;

/// <summary>
/// Something the server tells a connection. One object serves all its receivers: each transport's encoding of it is made once and kept with it.
/// </summary>
public abstract class ServerEvent
{
    private object? _first;
    private object? _second;

    /// <summary>Of waiting events with the same key only one is kept, the better one (<see cref="Supersedes"/>). Null: always kept.</summary>
    public virtual object? CoalescingKey => null;

    /// <summary>Whether this event, which came later, replaces another with the same key.</summary>
    public virtual bool Supersedes(ServerEvent other) => true;

    /// <summary>The memory of a waiting event in bytes, roughly.</summary>
    public virtual int Size => 128;

    /// <summary>Whether it is for one connection alone: then its encoding need not be kept for others.</summary>
    public virtual bool HasOneReceiver => false;

    /// <summary>The event in a transport's encoding, made by the first connection that needs it. Two threads may both make it; they make the same.</summary>
    /// <param name="slot">0 or 1: the number of the transport's encoding.</param>
    /// <param name="encode">Makes it.</param>
    public T EncodedAs<T>(int slot, Func<ServerEvent, T> encode) where T : class
    {
        ref var kept = ref slot == 0 ? ref _first : ref _second;
        return (T)(Volatile.Read(ref kept) ?? (kept = encode(this)));
    }
}
