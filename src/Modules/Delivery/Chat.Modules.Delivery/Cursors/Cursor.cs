using Chat.BuildingBlocks.Ids;

namespace Chat.Modules.Delivery.Cursors;

/// <summary>A cursor in memory. It only moves forward. Calls <paramref name="moved"/> when it gets an unsaved value.</summary>
internal sealed class Cursor(CursorKey key, CursorValue value, Action<Cursor> moved)
{
    private readonly Lock _gate = new();
    private long _delivered = value.Delivered.Value;
    private long _read = value.Read.Value;
    private bool _unsaved;

    public CursorKey Key => key;

    public SeqNo Delivered => new(Volatile.Read(ref _delivered));

    public SeqNo Read => new(Volatile.Read(ref _read));

    public bool Unsaved => Volatile.Read(ref _unsaved);

    /// <returns>Its old value; at or above <paramref name="seqNo"/> if it did not move.</returns>
    public SeqNo Deliver(SeqNo seqNo) => new(Move(ref _delivered, seqNo.Value));

    /// <inheritdoc cref="Deliver"/>
    public SeqNo MarkRead(SeqNo seqNo) => new(Move(ref _read, seqNo.Value));

    /// <summary>The value to save now; a later move makes the cursor unsaved again.</summary>
    public CursorValue TakeUnsaved()
    {
        lock (_gate)
        {
            _unsaved = false;
            return new CursorValue(new SeqNo(_delivered), new SeqNo(_read));
        }
    }

    /// <summary>The taken value was not saved.</summary>
    public void KeepUnsaved()
    {
        lock (_gate)
        {
            if (_unsaved)
                return;
            _unsaved = true;
        }
        moved(this);
    }

    private long Move(ref long position, long to)
    {
        long from;
        lock (_gate)
        {
            from = position;
            if (from >= to)
                return from;
            position = to;
            if (_unsaved)
                return from;
            _unsaved = true;
        }
        moved(this);
        return from;
    }
}
