using System.Security.Cryptography;
using System.Text;
using Chat.BuildingBlocks.Concurrency;
using Chat.BuildingBlocks.Ids;
using Chat.BuildingBlocks.Storage.Cql;

namespace Chat.Modules.Delivery.Notifications.Subscriptions;

/// <summary>
/// Tables <c>delivery_push_subscriptions</c> and <c>delivery_push_addresses</c> (cql/). The last device that put an address has it: who reads one device's subscription
/// checks that, so that a server that dies between the two writes leaves nothing that is sent to. A subscription is written with the time as its timestamp, or with
/// one above that of what was there before: so it counts although the clock of the server that wrote before was ahead. It is deleted with its own timestamp: one that
/// is put meanwhile stays.
/// </summary>
internal sealed class CqlSubscriptionStore(ICqlSession session) : ISubscriptionStore
{
    /// <summary>How long it is kept who has an address, in seconds.</summary>
    public const int AddressLife = 365 * 86_400;

    // Seconds for which the timestamp of a deleted subscription is known: longer than any clock is wrong.
    private const int DeletedLife = 86_400;

    private const int ReadsAtOnce = 32;

    private const string Columns = "user_id, device_id, subscription_id, kind, address, p256dh, auth, topic, sandbox, content, created_at";

    public async Task<IReadOnlyList<UserId>> PutAsync(PushSubscription subscription, int maxPerUser, CancellationToken ct)
    {
        var (user, device) = (subscription.Device.User.Value, subscription.Device.Device.Value);
        var hash = HashOf(subscription.Kind, subscription.Address);
        var earlier = await FindOwnerAsync(hash, ct);
        var timestamp = Math.Max(subscription.CreatedAt.ToUnixTimeMilliseconds() * 1_000, (await ReadRowAsync(subscription.Device, ct)).Written + 1);
        await session.ExecuteAsync(
            new CqlStatement(
                $"INSERT INTO delivery_push_subscriptions ({Columns}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) USING TIMESTAMP ?",
                user, device, subscription.Id, (int)subscription.Kind, subscription.Address, subscription.P256dh, subscription.Auth, subscription.Topic,
                subscription.Sandbox, (int)subscription.Content, subscription.CreatedAt, timestamp),
            ct);
        await session.ExecuteAsync(
            new CqlStatement($"INSERT INTO delivery_push_addresses (address_hash, user_id, device_id) VALUES (?, ?, ?) USING TTL {AddressLife}", hash, user, device), ct);
        var ended = new List<UserId>();
        if (earlier is { } other && other != subscription.Device && await RemoveAsync(other, subscription.Address, ct))
            ended.Add(other.User);
        var others = (await ReadAsync([subscription.Device.User], ct)).Where(one => one.Device != subscription.Device)
            .OrderByDescending(one => one.CreatedAt).ThenBy(one => one.Device.Device.Value, StringComparer.Ordinal);
        foreach (var oldest in others.Skip(maxPerUser - 1))
        {
            if (await RemoveAsync(oldest.Device, oldest.Id, ct))
                ended.Add(oldest.Device.User);
        }
        return [.. ended.Distinct()];
    }

    public async Task<bool> RemoveAsync(DeviceAddress device, Guid? id, CancellationToken ct)
    {
        var (found, written) = await ReadRowAsync(device, ct);
        if (found is null || (id is { } only && found.Id != only))
            return false;
        await session.ExecuteAsync(
            new CqlStatement(
                $"UPDATE delivery_push_subscriptions USING TIMESTAMP ? AND TTL {DeletedLife} SET deleted = ? WHERE user_id = ? AND device_id = ?",
                written + 1, written, device.User.Value, device.Device.Value),
            ct);
        await session.ExecuteAsync(
            new CqlStatement(
                "DELETE FROM delivery_push_subscriptions USING TIMESTAMP ? WHERE user_id = ? AND device_id = ?", written, device.User.Value, device.Device.Value),
            ct);
        return true;
    }

    public async ValueTask<PushSubscription?> FindAsync(DeviceAddress device, CancellationToken ct) =>
        (await ReadRowAsync(device, ct)).Subscription is { } found && (await FindOwnerAsync(HashOf(found.Kind, found.Address), ct) ?? device) == device ? found : null;

    public async ValueTask<IReadOnlyList<PushSubscription>> ReadAsync(IReadOnlyCollection<UserId> users, CancellationToken ct)
    {
        var found = await Concurrently.SelectAsync(
            [.. users], ReadsAtOnce,
            async (user, cancelled) => (await session.ExecuteAsync(
                new CqlStatement($"SELECT {Columns} FROM delivery_push_subscriptions WHERE user_id = ?", user.Value), cancelled)).Rows, ct);
        return [.. found.SelectMany(rows => rows).Where(IsThere).Select(ToSubscription)];
    }

    private async Task<bool> RemoveAsync(DeviceAddress device, string address, CancellationToken ct) =>
        (await ReadRowAsync(device, ct)).Subscription is { } found && found.Address == address && await RemoveAsync(device, found.Id, ct);

    /// <returns>Written: the highest timestamp of the device's subscriptions, also of one that was deleted; 0 for none.</returns>
    private async Task<(PushSubscription? Subscription, long Written)> ReadRowAsync(DeviceAddress device, CancellationToken ct)
    {
        var found = await session.ExecuteAsync(
            new CqlStatement(
                $"SELECT {Columns}, WRITETIME(subscription_id), deleted FROM delivery_push_subscriptions WHERE user_id = ? AND device_id = ?",
                device.User.Value, device.Device.Value), ct);
        return found.Rows is [var row] ? (IsThere(row) ? ToSubscription(row) : null, Math.Max(NumberOrZero(row, 11), NumberOrZero(row, 12))) : default;
    }

    private async Task<DeviceAddress?> FindOwnerAsync(byte[] hash, CancellationToken ct)
    {
        var found = await session.ExecuteAsync(new CqlStatement("SELECT user_id, device_id FROM delivery_push_addresses WHERE address_hash = ?", hash), ct);
        return found.Rows is [var row] ? new DeviceAddress(UserId.Parse(row.Get<string>(0)), DeviceId.Parse(row.Get<string>(1))) : null;
    }

    public static byte[] HashOf(PushKind kind, string address) => SHA256.HashData(Encoding.UTF8.GetBytes($"{(int)kind} {address}"));

    // Of a deleted one only its timestamp is left.
    private static bool IsThere(CqlRow row) => !row.IsNull(2);

    private static PushSubscription ToSubscription(CqlRow row) => new(
        new DeviceAddress(UserId.Parse(row.Get<string>(0)), DeviceId.Parse(row.Get<string>(1))), (PushKind)row.Get<int>(3), row.Get<string>(4),
        TextOrNull(row, 5), TextOrNull(row, 6), TextOrNull(row, 7), row.Get<bool>(8), (PushContent)row.Get<int>(9), row.Get<DateTimeOffset>(10),
        row.Get<Guid>(2));

    private static long NumberOrZero(CqlRow row, int column) => row.IsNull(column) ? 0 : row.Get<long>(column);

    private static string? TextOrNull(CqlRow row, int column) => row.IsNull(column) ? null : row.Get<string>(column);
}
