using Chat.BuildingBlocks.Ids;

namespace Chat.Modules.Messaging.Log.Cluster;

/// <summary>
/// What a page of rows proves. What was written together may be torn: the database mends what a read returned and no more, so that a row can
/// be at a quorum while the one before it is on a single replica. A row is therefore only as good as all that lie before it.
/// </summary>
internal static class GaplessRows
{
    /// <summary>How many of the rows, from the first on, are at a quorum together with everything before them; null where rows from further below must be read to tell.</summary>
    /// <param name="rows">By rising seqNo, of one term above <paramref name="floor"/>, nothing left out that was there.</param>
    /// <param name="after">All above it was read.</param>
    /// <param name="floor">Up to it everything is known to be at a quorum.</param>
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
