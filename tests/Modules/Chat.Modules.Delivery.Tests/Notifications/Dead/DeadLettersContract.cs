using Chat.Modules.Delivery.Notifications;
using Chat.Modules.Delivery.Notifications.Dead;
using Chat.BuildingBlocks.Ids;
using Microsoft.Extensions.Options;

namespace Chat.Modules.Delivery.Tests.Notifications.Dead;

/// <summary>What every store of given up notifications promises.</summary>
public abstract class DeadLettersContract
{
    private protected static readonly IOptions<PushOptions> Settings = Options.Create(new PushOptions { MaxDead = 5 });

    private int _minutes;

    private protected abstract IDeadLetters Letters { get; }

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    private protected abstract DateTimeOffset Now { get; }

    [Fact]
    public async Task Letters_are_read_from_the_newest_down()
    {
        var added = await AddAsync(4);

        var first = await Letters.ReadAsync(null, 3, Ct);
        var second = await Letters.ReadAsync(first[^1].Id, 3, Ct);

        Assert.Equal(added.AsEnumerable().Reverse(), first.Concat(second));
    }

    [Fact]
    public async Task A_letter_is_found_until_it_is_removed()
    {
        var added = await AddAsync(2);
        Assert.Equal(added[0], await Letters.FindAsync(added[0].Id, Ct));

        await Letters.RemoveAsync(added[0].Id, Ct);

        Assert.Null(await Letters.FindAsync(added[0].Id, Ct));
        Assert.Equal([added[1]], await Letters.ReadAsync(null, 3, Ct));
    }

    [Fact]
    public async Task There_are_only_so_many()
    {
        await AddAsync(12);

        Assert.Equal(5, (await Letters.ReadAsync(null, 20, Ct)).Count);
    }

    private protected async Task<List<DeadLetter>> AddAsync(int count)
    {
        var letters = new List<DeadLetter>();
        for (var n = 0; n < count; n++)
        {
            var at = DateTimeOffset.FromUnixTimeMilliseconds(Now.ToUnixTimeMilliseconds()).AddSeconds(_minutes++ - 60);
            letters.Add(new DeadLetter(
                Guid.CreateVersion7(at), PushKind.Fcm, World.Device("bob"), World.Direct("alice", "bob"), new SeqNo(n + 1), PushReason.Timeout, 503, 7, at.AddHours(-1), at));
            await Letters.AddAsync(letters[^1], Ct);
        }
        return letters;
    }
}
