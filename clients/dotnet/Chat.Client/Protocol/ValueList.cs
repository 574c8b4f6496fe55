namespace Chat.Client;

/// <summary>A list that is never changed after it was made. Equal where the items are.</summary>
internal sealed class ValueList<T> : List<T>, IEquatable<ValueList<T>>
{
    public ValueList()
    {
    }

    public ValueList(IEnumerable<T> items) : base(items)
    {
    }

    public bool Equals(ValueList<T>? other) => other is not null && this.SequenceEqual(other);

    public override bool Equals(object? obj) => Equals(obj as ValueList<T>);

    public override int GetHashCode() => Count;
}
