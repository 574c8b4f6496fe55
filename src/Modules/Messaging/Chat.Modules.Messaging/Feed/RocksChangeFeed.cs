using System.Buffers.Binary;
using System.Collections.Concurrent;
using System.Text;
using Chat.Modules.Messaging.Contracts;
using Chat.Modules.Messaging.Log;
using Chat.Modules.Messaging.Log.Embedded;
using Chat.Modules.Messaging.Sending;
using RocksDbSharp;

namespace Chat.Modules.Messaging.Feed;

/// <summary>
/// The feed of the embedded log, with one stream for each epoch. Followers' positions are in the log's default family: key <c>follower</c>, NUL,
/// name; value the position, 8 bytes, big endian.
/// </summary>
internal sealed class RocksChangeFeed(RocksMessageLog log, AppendsUnderWay appends) : IChangeFeed
{
    // What earlier runs left unfinished is returned only once.
    private readonly ConcurrentDictionary<string, byte> _found = new();

    public FeedPosition RaisedUpTo => appends.RaisedUpTo;

    public async ValueTask<IReadOnlyList<FeedRange>> FindUnfinishedAsync(string follower, CancellationToken ct)
    {
        if (!_found.TryAdd(follower, 0))
            return [];
        var present = log.FeedPosition;
        if (ReadFollower(follower) is { } position)
            return position < present.Value ? [new FeedRange(present with { Value = position }, present.Value)] : [];
        await SaveFollowerAsync(follower, present, ct);
        return [];
    }

    public ValueTask<IReadOnlyList<FeedRange>> FindSinceAsync(DateTimeOffset since, CancellationToken ct)
    {
        var present = log.FeedPosition;
        // Just below the first of that moment.
        var after = Activity.At(since).Value - 1;
        return ValueTask.FromResult<IReadOnlyList<FeedRange>>(after < present.Value ? [new FeedRange(present with { Value = after }, present.Value)] : []);
    }

    public ValueTask<IReadOnlyList<FeedEntry>> ReadAsync(FeedRange range, int limit, CancellationToken ct)
    {
        var found = range.After.Epoch == log.Epoch ? log.ReadFeed(new Activity(range.After.Value), limit) : [];
        return ValueTask.FromResult<IReadOnlyList<FeedEntry>>([.. found.TakeWhile(entry => entry.Position <= range.UpTo)]);
    }

    public ValueTask SaveFollowerAsync(string follower, FeedPosition position, CancellationToken ct)
    {
        var value = new byte[sizeof(long)];
        BinaryPrimitives.WriteInt64BigEndian(value, position.Value);
        using var batch = new WriteBatch();
        batch.Put(KeyOf(follower), value);
        log.Store.Write(batch);
        return ValueTask.CompletedTask;
    }

    private long? ReadFollower(string follower)
    {
        using var view = log.Store.View();
        return view.Get(KeyOf(follower), log.Store.Default) is { } position ? BinaryPrimitives.ReadInt64BigEndian(position) : null;
    }

    private static byte[] KeyOf(string follower) => Encoding.ASCII.GetBytes($"follower\0{follower}");
}
