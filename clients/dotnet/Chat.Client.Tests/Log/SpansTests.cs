using System.Collections.Immutable;
using FsCheck;
using FsCheck.Fluent;

namespace Chat.Client.Tests.Log;

public sealed class SpansTests
{
    [Fact]
    public void Spans_say_what_a_set_of_places_would() => Check.One(
        Config.QuickThrowOnFailure.WithMaxTest(2000),
        Prop.ForAll(ArbMap.Default.ArbFor<(byte, byte)[]>(), added =>
        {
            var spans = ImmutableArray<Span>.Empty;
            var places = new HashSet<long>();
            var i = 0;
            foreach (var (a, b) in added)
            {
                // Narrow, so that they touch and overlap often; some are empty.
                var span = new Span(1 + a % 40, a % 40 + b % 6);
                spans = spans.With(span);
                places.UnionWith(Between(span.From, span.To));
                if (++i % 3 != 0)
                    continue;
                spans = spans.Without(span.To);
                places.Remove(span.To);
            }

            return Between(0, 60).All(place => (spans.At(place) is { } at && at.From <= place && place <= at.To) == places.Contains(place))
                && Between(1, 50).All(from => spans.Cover(from, from + 3) == Between(from, from + 3).All(places.Contains))
                && spans.Zip(spans.Skip(1)).All(pair => pair.First.To + 1 < pair.Second.From)
                && (spans.Top()?.To ?? 0) == places.DefaultIfEmpty().Max();
        }));

    [Fact]
    public void Pages_in_any_order_make_one_stretch()
    {
        Span[] pages = [new(151, 200), new(1, 50), new(101, 150), new(51, 100)];

        var spans = pages.Aggregate(ImmutableArray<Span>.Empty, Spans.With);

        Assert.Equal([new Span(1, 200)], spans);
    }

    private static IEnumerable<long> Between(long from, long to)
    {
        for (var place = from; place <= to; place++)
            yield return place;
    }
}
