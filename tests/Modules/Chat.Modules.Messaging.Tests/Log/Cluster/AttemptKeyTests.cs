using Chat.Modules.Messaging.Log;
using Chat.Modules.Messaging.Log.Cluster;
using static Chat.Modules.Messaging.Tests.Words;

namespace Chat.Modules.Messaging.Tests.Log.Cluster;

public sealed class AttemptKeyTests
{
    // RFC 9562, A.6: made at 2022-02-22 19:22:22 UTC.
    private const string OfTheRfc = "017f22e2-79b0-7cc3-98c4-dc0c0c07398f";

    [Theory]
    [InlineData("1")]
    [InlineData(OfTheRfc)]
    [InlineData("ffffffff-ffff-7fff-bfff-ffffffffffff")]
    [InlineData("00000000-0000-7000-8000-000000000000")]
    public void A_message_s_id_leads_to_the_key_of_its_attempt(string name)
    {
        var key = AttemptKey.Of(Alice, name);
        var ids = Enumerable.Range(0, 20).Select(_ => AttemptKey.NewId(key, Activity.At(Now))).ToList();

        Assert.All(ids, id => Assert.Equal(key, AttemptKey.Of(id)));
        Assert.All(ids, id => Assert.Equal((7, Now.ToUnixTimeMilliseconds()), (id.Value.Version, UuidTime.Of(id.ToString()))));
        Assert.NotEqual(1, ids.Distinct().Count());
    }

    [Fact]
    public void A_uuid_of_version_7_names_a_time_and_nothing_else_does()
    {
        Assert.Equal(new DateTimeOffset(2022, 2, 22, 19, 22, 22, TimeSpan.Zero), DateTimeOffset.FromUnixTimeMilliseconds(UuidTime.Of(OfTheRfc)!.Value));
        Assert.All(
            ["1", "919108f7-52d1-4320-9bac-f847db4148a8", OfTheRfc.Replace("-", "", StringComparison.Ordinal), $"{{{OfTheRfc}}}", OfTheRfc + "0", " " + OfTheRfc, "0x7f22e2" + OfTheRfc[8..]],
            name => Assert.Null(UuidTime.Of(name)));
    }

    [Fact]
    public void Attempts_of_one_moment_share_a_partition_and_have_keys_of_their_own()
    {
        var names = Enumerable.Range(0, 1_000).Select(_ => $"{Guid.CreateVersion7(Now)}").ToList();
        var keys = names.ConvertAll(name => AttemptKey.Of(Alice, name));

        Assert.NotNull(Assert.Single(keys.Select(AttemptKey.MomentOf).Distinct()));
        Assert.InRange(keys.Distinct().Count(), 999, 1_000);
        Assert.NotEqual(keys[0], AttemptKey.Of(Bob, names[0]));
        Assert.Equal(AttemptKey.MomentOf(keys[0]) + 2, AttemptKey.MomentOf(AttemptKey.Of(Alice, $"{Guid.CreateVersion7(Now.AddMilliseconds(2 * 4096))}")));
    }

    [Fact]
    public void An_attempt_of_any_other_name_has_no_moment()
    {
        var keys = Enumerable.Range(0, 1_000).Select(n => AttemptKey.Of(Alice, $"{n}")).ToList();

        Assert.All(keys, key => Assert.Null(AttemptKey.MomentOf(key)));
        Assert.Equal(1_000, keys.Distinct().Count());
    }
}
