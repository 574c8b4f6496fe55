using System.Collections.Immutable;
using FsCheck;
using FsCheck.Fluent;

namespace Chat.Client.Tests.Log;

public sealed class SeqNoRangesTests
{
    [Fact]
    public void Spans_say_what_a_set_of_places_would() => Check.One(
        Config.QuickThrowOnFailure.WithMaxTest(2000),
        Prop.ForAll(ArbMap.Default.ArbFor<(byte, byte)[]>(), added =>
        {
            var ranges = ImmutableArray<SeqNoRange>.Empty;
            var places = new HashSet<long>();
            var i = 0;
            foreach (var (a, b) in added)
            {
                // Narrow, so that they touch and overlap often; some are empty.
                var range = new SeqNoRange(1 + a % 40, a % 40 + b % 6);
                ranges = ranges.With(range);
                places.UnionWith(Between(range.From, range.To));
                if (++i % 3 != 0)
                    continue;
                var removed = new SeqNoRange(range.To - a % 3, range.To);
                ranges = ranges.Without(removed);
                places.ExceptWith(Between(removed.From, removed.To));
            }

            return Between(0, 60).All(place => (ranges.At(place) is { } at && at.From <= place && place <= at.To) == places.Contains(place))
                && Between(1, 50).All(from => ranges.Cover(from, from + 3) == Between(from, from + 3).All(places.Contains))
                && ranges.Zip(ranges.Skip(1)).All(pair => pair.First.To + 1 < pair.Second.From)
                && ranges.Missing(5, 50).SelectMany(gap => Between(gap.From, gap.To)).SequenceEqual(Between(5, 50).Where(place => !places.Contains(place)))
                && (ranges.Top()?.To ?? 0) == places.DefaultIfEmpty().Max();
        }));

    [Fact]
    public void Pages_in_any_order_make_one_range()
    {
        SeqNoRange[] pages = [new(151, 200), new(1, 50), new(101, 150), new(51, 100)];

        var ranges = pages.Aggregate(ImmutableArray<SeqNoRange>.Empty, SeqNoRanges.With);

        Assert.Equal([new SeqNoRange(1, 200)], ranges);
    }

    private static IEnumerable<long> Between(long from, long to)
    {
        for (var place = from; place <= to; place++)
            yield return place;
    }
}
