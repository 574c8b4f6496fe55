using System.Diagnostics;
using System.Globalization;
using Chat.BuildingBlocks.Ids;
using Chat.Modules.Messaging.Contracts;
using Chat.Modules.Messaging.Log;

namespace Chat.Bench;

/// <summary>One long conversation in the clustered log, filled and then paged through: what a page costs, wherever it lies.</summary>
internal static class HistoryCommand
{
    private const int PageSize = 50;
    private const int PagesEach = 200;

    public static async Task<int> RunAsync(Arguments arguments, CancellationToken ct)
    {
        var messages = arguments.Int("--messages", 1_000_000);
        var text = MessageContent.Of(new string('x', arguments.Int("--text-bytes", 100)));
        await using var cluster = await ClusterLog.OpenAsync(arguments, ct);
        var log = cluster.Log;
        var conversation = ConversationId.Parse("g:00000000000000000000000000000abc");
        var sender = new DeviceAddress(UserId.Parse("writer"), DeviceId.Parse("phone"));

        var head = (await log.GetHeadAsync(conversation, ct)).Value;
        var started = Stopwatch.GetTimestamp();
        var missing = Math.Max(0, messages - head);
        await Parallel.ForAsync(0, missing, new ParallelOptions { MaxDegreeOfParallelism = 256, CancellationToken = ct }, async (n, _) =>
            await log.AppendAsync(new MessageDraft(conversation, sender, $"{head + n}", text, TimeProvider.System.GetUtcNow()), CancellationToken.None));
        if (missing > 0)
            Console.WriteLine(Line($"{missing:N0} messages appended at {missing / Stopwatch.GetElapsedTime(started).TotalSeconds:N0}/s"));

        // The first time round warms up.
        await PageAsync("warm-up, anywhere", 0, messages, report: false);
        await PageAsync("the first pages", 0, 0);
        await PageAsync("in the first tenth", 0, messages / 10);
        await PageAsync("in the middle", messages * 45L / 100, messages * 55L / 100);
        await PageAsync("in the last tenth", messages * 9L / 10, messages - PageSize);
        await PageAsync("the last pages", messages - PageSize, messages - PageSize);
        return 0;

        async Task PageAsync(string where, long from, long to, bool report = true)
        {
            var up = new List<double>();
            var down = new List<double>();
            for (var page = 0; page < PagesEach; page++)
            {
                var after = new SeqNo(Random.Shared.NextInt64(from, Math.Max(from, to) + 1));
                up.Add(await TimeAsync(async () => await log.ReadAfterAsync(conversation, after, PageSize, ct)));
                down.Add(await TimeAsync(async () => await log.ReadBeforeAsync(conversation, new SeqNo(after.Value + PageSize + 1), PageSize, ct)));
            }
            if (report)
                Console.WriteLine(Line($"{where}: up p50 {At(up, 0.5):N2} ms, p99 {At(up, 0.99):N2} ms; down p50 {At(down, 0.5):N2} ms, p99 {At(down, 0.99):N2} ms"));
        }
    }

    private static async Task<double> TimeAsync(Func<Task<IReadOnlyList<Modules.Messaging.Contracts.LoggedMessage>>> read)
    {
        var started = Stopwatch.GetTimestamp();
        var page = await read();
        var took = Stopwatch.GetElapsedTime(started).TotalMilliseconds;
        return page.Count == PageSize ? took : throw new BenchException(Line($"A page has {page.Count} messages instead of {PageSize}."));
    }

    private static double At(List<double> times, double quantile) => times.Order().ElementAt((int)(quantile * (times.Count - 1)));

    private static string Line(FormattableString line) => line.ToString(CultureInfo.InvariantCulture);
}
