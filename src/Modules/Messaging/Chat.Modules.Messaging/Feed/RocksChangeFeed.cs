using System.Buffers.Binary;
using System.Text;
using Chat.Modules.Messaging.Contracts;
using Chat.Modules.Messaging.Log;
using Chat.Modules.Messaging.Sending;
using RocksDbSharp;

namespace Chat.Modules.Messaging.Feed;

/// <summary>The feed of the embedded log. How far a follower got stands in the log's default family: key <c>follower</c>, NUL, name; value the position, 8 bytes, big endian.</summary>
internal sealed class RocksChangeFeed(RocksMessageLog log, AppendsUnderWay appends) : IChangeFeed
{
    public FeedPosition Current => At(log.ActivityFloor);

    public FeedPosition Raised => At(appends.RaisedUpTo);

    public ValueTask<IReadOnlyList<FeedEntry>> ReadAfterAsync(FeedPosition after, int limit, CancellationToken ct) =>
        ValueTask.FromResult(after.Epoch == log.Epoch ? log.ReadFeed(new Activity(after.Value), limit) : []);

    public ValueTask<FeedPosition?> ReadFollowerAsync(string follower, CancellationToken ct)
    {
        using var view = log.Store.View();
        return ValueTask.FromResult<FeedPosition?>(view.Get(KeyOf(follower), log.Store.Default) is { } position
            ? new FeedPosition(log.Epoch, BinaryPrimitives.ReadInt64BigEndian(position))
            : null);
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

    private FeedPosition At(Activity activity) => new(log.Epoch, activity.Value);

    private static byte[] KeyOf(string follower) => Encoding.ASCII.GetBytes($"follower\0{follower}");
}
