using System.Runtime.CompilerServices;
using Chat.Modules.Messaging.Contracts;
using Chat.Modules.Messaging.Feed;

namespace Chat.Modules.Messaging.Log.Cluster;

/// <summary>
/// What has expired on a cluster, hour by hour from where the last sweep was done. Some hours are looked at again, as a server whose clock is behind writes into hours that are over: what it wrote
/// was not there, and costs as many reads as there are parts.
/// </summary>
internal sealed class CqlExpiries(ILogTables tables, ClusterTimes times, TimeProvider clock) : IExpiries
{
    private const int HoursAgain = 24;

    // Where no sweep was ever done, as on a cluster to which a folder was moved.
    private const int HoursAtFirst = 60 * 24;

    public async IAsyncEnumerable<IReadOnlyList<MessageLocation>> ReadOverAsync(int limit, [EnumeratorCancellation] CancellationToken ct)
    {
        // What other servers are still writing about these messages is written by then.
        var upTo = clock.GetUtcNow() - times.Margin;
        var last = ExpiryHours.Of(upTo);
        var swept = await tables.ReadSweptHourAsync(ct);
        var first = swept is { } done ? Math.Min(done, last) - HoursAgain : last - HoursAtFirst;
        for (var hour = first; hour <= last; hour++)
        {
            for (var part = 0; part < ExpiryHours.Parts; part++)
            {
                ExpiringPlace? after = null;
                while (await tables.ReadExpiriesAsync(hour, part, after, upTo, limit, ct) is { Count: > 0 } page)
                {
                    yield return [.. page.Select(place => new MessageLocation(place.Conversation, place.SeqNo))];
                    after = page[^1];
                    // Of the last moment there may be more.
                    await tables.RemoveExpiriesAsync(hour, part, page.Count < limit ? after.ExpiresAt : after.ExpiresAt.AddMilliseconds(-1), ct);
                }
            }
        }
        if (swept != last)
            await tables.WriteSweptHourAsync(last, ct);
    }
}
