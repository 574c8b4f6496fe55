using Chat.BuildingBlocks.Ids;
using Chat.Modules.Delivery.Notifications;
using Chat.Modules.Delivery.Notifications.Due;

namespace Chat.Modules.Delivery.Tests.Notifications.Due;

/// <summary>What every store of what is due promises.</summary>
public abstract class DueStoreContract
{
    private static readonly DateTimeOffset Start = DateTimeOffset.FromUnixTimeMilliseconds(1_790_000_000_000);
    private protected static readonly DeviceAddress Phone = World.Device("bob", "phone");
    private static readonly DeviceAddress Laptop = World.Device("bob", "laptop");
    private static readonly ConversationId Alices = World.Direct("alice", "bob");
    private static readonly ConversationId Carols = World.Direct("bob", "carol");

    private protected abstract IDueStore Store { get; }

    /// <summary>Never over before a test is, on however busy a machine: a lease, or a pause.</summary>
    private protected virtual TimeSpan Lease => TimeSpan.FromMinutes(10);

    /// <summary>One that a test waits for.</summary>
    private protected virtual TimeSpan ShortLease => Lease;

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    /// <summary>Lets a time pass.</summary>
    private protected abstract Task PassAsync(TimeSpan time);

    [Fact]
    public async Task What_was_added_is_claimed_as_it_was_added()
    {
        await AddAsync(Item(Phone, Alices, 5, 10), Item(Phone, Carols, 7, 2));

        var claim = Assert.Single(await ClaimAsync());

        Assert.Equal(Phone, claim.Device);
        Assert.Equal([Item(Phone, Carols, 7, 2), Item(Phone, Alices, 5, 10)], claim.Items);
        Assert.Equal((0, null), (claim.Attempts, claim.Reason));
    }

    [Fact]
    public async Task An_item_that_is_there_has_the_higher_seqNo_and_the_lower_time()
    {
        await AddAsync(Item(Phone, Alices, 5, 10));
        await AddAsync(Item(Phone, Alices, 9, 20));
        await AddAsync(Item(Phone, Alices, 3, 15));

        Assert.Equal([Item(Phone, Alices, 9, 10)], Assert.Single(await ClaimAsync()).Items);
    }

    [Fact]
    public async Task Queues_of_platforms_are_apart()
    {
        await AddAsync(Item(Phone, Alices, 5, 10));

        Assert.Empty(await Store.ClaimAsync(PushKind.Apns, 10, Lease, Ct));
        Assert.Single(await ClaimAsync());
    }

    [Fact]
    public async Task A_claimed_device_is_nobody_elses_before_it_is_settled()
    {
        await AddAsync(Item(Phone, Alices, 5, 10));
        var claim = Assert.Single(await ClaimAsync());
        await AddAsync(Item(Phone, Carols, 1, 11), Item(Laptop, Alices, 5, 10));

        Assert.Equal(Laptop, Assert.Single(await ClaimAsync()).Device);

        await SettleAsync(claim, claim.Items);
        Assert.Equal([Item(Phone, Carols, 1, 11)], Assert.Single(await ClaimAsync()).Items);
    }

    [Fact]
    public async Task A_device_whose_lease_has_ended_is_claimed_again_and_the_first_claim_settles_nothing()
    {
        await AddAsync(Item(Phone, Alices, 5, 10));
        var first = Assert.Single(await Store.ClaimAsync(PushKind.Fcm, 10, ShortLease, Ct));
        await PassAsync(ShortLease + TimeSpan.FromMilliseconds(20));

        var second = Assert.Single(await ClaimAsync());
        await SettleAsync(first, first.Items);
        await PassAsync(TimeSpan.FromMilliseconds(20));

        Assert.Empty(await ClaimAsync());
        Assert.Equal(1, (await Store.SummariseAsync(PushKind.Fcm, Ct)).Devices);
        await SettleAsync(second, second.Items);
        Assert.Equal(default, await Store.SummariseAsync(PushKind.Fcm, Ct));
    }

    [Fact]
    public async Task What_was_added_to_an_item_while_it_was_claimed_stays_due()
    {
        await AddAsync(Item(Phone, Alices, 5, 10));
        var claim = Assert.Single(await ClaimAsync());
        await AddAsync(Item(Phone, Alices, 6, 12));

        await SettleAsync(claim, claim.Items);

        Assert.Equal(6, Assert.Single(Assert.Single(await ClaimAsync()).Items).UpTo.Value);
    }

    [Fact]
    public async Task What_failed_waits_for_the_pause_and_so_does_what_is_added()
    {
        await AddAsync(Item(Phone, Alices, 5, 10));
        var claim = Assert.Single(await ClaimAsync());
        await Store.SettleAsync(claim, new DueSettlement([], Lease, 3, PushReason.ServerError), Ct);
        await AddAsync(Item(Phone, Carols, 1, 11));

        Assert.Empty(await ClaimAsync());
    }

    [Fact]
    public async Task What_failed_is_due_again_after_the_pause_with_what_was_added()
    {
        await AddAsync(Item(Phone, Alices, 5, 10));
        var claim = Assert.Single(await ClaimAsync());
        await Store.SettleAsync(claim, new DueSettlement([], ShortLease, 3, PushReason.ServerError), Ct);
        await AddAsync(Item(Phone, Carols, 1, 11));

        await PassAsync(ShortLease + TimeSpan.FromMilliseconds(20));

        var again = Assert.Single(await ClaimAsync());
        Assert.Equal((3, PushReason.ServerError, 2), (again.Attempts, again.Reason, again.Items.Count));
    }

    [Fact]
    public async Task After_a_success_what_is_added_is_due_at_once()
    {
        await AddAsync(Item(Phone, Alices, 5, 10), Item(Phone, Carols, 1, 11));
        var claim = Assert.Single(await ClaimAsync());
        await Store.SettleAsync(claim, new DueSettlement([claim.Items[0]], TimeSpan.FromHours(1), 0, null), Ct);
        Assert.Empty(await ClaimAsync());

        await AddAsync(Item(Phone, Alices, 6, 12));

        Assert.Equal(2, Assert.Single(await ClaimAsync()).Items.Count);
    }

    [Fact]
    public async Task A_device_that_has_very_much_due_is_claimed_again_for_the_rest()
    {
        var items = Enumerable.Range(0, IDueStore.MaxItems + 3).Select(n => Item(Phone, With(n), 1, n)).ToArray();
        await AddAsync(items);

        var claim = Assert.Single(await ClaimAsync());
        Assert.Equal(items[..IDueStore.MaxItems], claim.Items);
        await SettleAsync(claim, claim.Items);

        Assert.Equal(items[IDueStore.MaxItems..], Assert.Single(await ClaimAsync()).Items);
    }

    [Fact]
    public async Task What_is_added_and_settled_meanwhile_is_in_its_place_in_a_device_that_has_very_much_due()
    {
        var due = Enumerable.Range(0, 150).Select(n => Item(Phone, With(n), 1, 1_000 + (n * 37 % 150))).ToDictionary(item => item.Conversation);
        await AddAsync([.. due.Values]);

        for (var round = 0; due.Count > 0; round++)
        {
            var claim = Assert.Single(await ClaimAsync());
            Assert.Equal(InOrder().Take(IDueStore.MaxItems), claim.Items);
            // One from before all others, one that has waited longer than was known, one that has news; and not all that was claimed is done.
            if (round < 4)
                await AlsoAsync(Item(Phone, With(500 + round), 1, 500 - round), InOrder().Last() with { Since = Start.AddSeconds(600 - round) }, claim.Items[2] with { UpTo = new SeqNo(9) });
            var done = claim.Items.Where((_, n) => round >= 4 || n % 4 < 3).ToList();
            await SettleAsync(claim, done);
            foreach (var item in done.Where(item => due[item.Conversation].UpTo <= item.UpTo))
                due.Remove(item.Conversation);
        }

        Assert.Empty(await ClaimAsync());
        Assert.Equal(default, await Store.SummariseAsync(PushKind.Fcm, Ct));

        IEnumerable<DueItem> InOrder() => due.Values.OrderBy(item => item.Since).ThenBy(item => item.Conversation.Value, StringComparer.Ordinal);

        Task AlsoAsync(params DueItem[] items)
        {
            foreach (var item in items)
                due[item.Conversation] = item;
            return AddAsync(items);
        }
    }

    [Fact]
    public async Task At_most_so_many_devices_are_claimed_and_each_once()
    {
        var devices = Enumerable.Range(0, 25).Select(n => World.Device($"user{n:00}")).ToHashSet();
        await AddAsync([.. devices.Select(device => Item(device, Alices, 1, 1))]);

        var claimed = new List<DeviceAddress>();
        while (await Store.ClaimAsync(PushKind.Fcm, 10, Lease, Ct) is { Count: > 0 } some)
        {
            Assert.InRange(some.Count, 1, 10);
            claimed.AddRange(some.Select(claim => claim.Device));
        }

        Assert.Equal(devices.Count, claimed.Count);
        Assert.Equal(devices, claimed.ToHashSet());
    }

    [Fact]
    public async Task Many_who_claim_at_once_never_have_the_same_device()
    {
        await AddAsync([.. Enumerable.Range(0, 100).Select(n => Item(World.Device($"user{n:00}"), Alices, 1, 1))]);

        var claims = await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => Task.Run(() => Store.ClaimAsync(PushKind.Fcm, 10, Lease, Ct), Ct)));

        var devices = claims.SelectMany(some => some).Select(claim => claim.Device).ToList();
        Assert.Equal(100, devices.Count);
        Assert.Equal(100, devices.Distinct().Count());
    }

    [Fact]
    public async Task The_summary_has_the_devices_and_the_oldest()
    {
        Assert.Equal(default, await Store.SummariseAsync(PushKind.Fcm, Ct));
        await AddAsync(Item(Phone, Alices, 5, 10), Item(Phone, Carols, 5, 3), Item(Laptop, Alices, 5, 7));

        Assert.Equal(new DueSummary(2, Start.AddSeconds(3)), await Store.SummariseAsync(PushKind.Fcm, Ct));

        var claims = await ClaimAsync();
        await SettleAsync(claims.Single(claim => claim.Device == Phone), [Item(Phone, Carols, 5, 3)]);
        Assert.Equal(new DueSummary(2, Start.AddSeconds(7)), await Store.SummariseAsync(PushKind.Fcm, Ct));
    }

    private protected static DueItem Item(DeviceAddress device, ConversationId conversation, long upTo, int since) =>
        new(device, conversation, new SeqNo(upTo), Start.AddSeconds(since));

    private protected static ConversationId With(int user) => World.Direct("bob", $"user{user:000}");

    private protected Task AddAsync(params DueItem[] items) => Store.AddAsync(PushKind.Fcm, items, Ct);

    private protected Task<IReadOnlyList<DueClaim>> ClaimAsync() => Store.ClaimAsync(PushKind.Fcm, 10, Lease, Ct);

    private protected Task SettleAsync(DueClaim claim, IReadOnlyCollection<DueItem> done) =>
        Store.SettleAsync(claim, new DueSettlement(done, TimeSpan.Zero, 0, null), Ct);
}
