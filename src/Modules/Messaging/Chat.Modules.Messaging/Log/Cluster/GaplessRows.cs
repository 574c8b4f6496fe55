using Chat.BuildingBlocks.Ids;

namespace Chat.Modules.Messaging.Log.Cluster;

/// <summary>
/// Counts the rows of a page that are certainly stored. A batch may be only partly replicated: the database repairs only rows that a read returned, so one row can
/// be at a quorum while the row before it is on a single replica. So a row counts only if all rows before it do.
/// </summary>
internal static class GaplessRows
{
    /// <summary>How many of the first rows are at a quorum together with everything before them; null if lower rows must be read to decide.</summary>
    /// <param name="rows">By rising seqNo, all of one term above <paramref name="floor"/>, without leaving any out.</param>
    /// <param name="after">All rows above this were read.</param>
    /// <param name="floor">Everything up to this is known to be at a quorum.</param>
    public static int? Count(IReadOnlyList<LogRow> rows, SeqNo after, SeqNo floor)
    {
        var before = after;
        for (var i = 0; i < rows.Count; i++)
        {
            var row = rows[i];
            if (row.SeqNo > floor)
            {
                if (row.SeqNo != before.Next)
                    return i;
                if (row.First <= after && after > floor)
                    return null;
            }
            before = row.SeqNo;
        }
        return rows.Count;
    }
}
