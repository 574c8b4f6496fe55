namespace Chat.BuildingBlocks.Storage.Cql;

/// <summary>A page of what a statement answered.</summary>
/// <param name="Rows">None for a plain write.</param>
/// <param name="PagingState">Hand it to <see cref="CqlStatement.PagingState"/> for the next page; null after the last.</param>
public sealed record CqlResult(IReadOnlyList<CqlRow> Rows, byte[]? PagingState = null)
{
    /// <summary>Whether a conditional statement's condition held, or all of a batch's: the column <c>[applied]</c>, alike in each row where there are several.</summary>
    public bool Applied => Rows is [var row, ..] && row.Get<bool>(0);
}

/// <summary>A row, its columns numbered from 0 as the statement names them.</summary>
public abstract class CqlRow
{
    public abstract bool IsNull(int column);

    /// <summary>A value as one of the types that <see cref="CqlStatement"/> takes; a list, set as <c>IReadOnlyList&lt;string&gt;</c> where it holds text.</summary>
    /// <exception cref="InvalidOperationException">The value is null and <typeparamref name="T"/> a value type.</exception>
    /// <exception cref="InvalidCastException">The column is of another type.</exception>
    public abstract T Get<T>(int column);
}
