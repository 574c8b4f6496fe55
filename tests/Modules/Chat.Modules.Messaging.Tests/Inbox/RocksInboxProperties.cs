using Chat.BuildingBlocks.Ids;
using Chat.Modules.Messaging.Contracts;
using Chat.Modules.Messaging.Conversations;
using Chat.Modules.Messaging.Inbox;
using Chat.Modules.Messaging.Log;
using Chat.Modules.Messaging.Log.Embedded;
using Chat.Modules.Messaging.Tests.Log;
using FsCheck;
using FsCheck.Fluent;
using static Chat.Modules.Messaging.Tests.Words;

namespace Chat.Modules.Messaging.Tests.Inbox;

/// <summary>Whatever is appended, stored, dropped, deleted and cut by crashes in whatever order: each user's inbox is what the log says.</summary>
public sealed class RocksInboxProperties
{
    private static readonly UserId[] Users = [Alice, Bob, Carol, UserId.Parse("al"), UserId.Parse("alicea")];

    private static readonly ConversationId[] Conversations =
        [.. Users.SelectMany((one, n) => Users.Skip(n + 1).Select(other => ConversationId.Direct(one, other))), Team];

    [Fact]
    public void The_inbox_agrees_with_the_log_after_any_appends_stores_drops_and_crashes()
    {
        var step = Gen.Frequency(
            (12, Gen.Choose(0, Conversations.Length - 1).Select(n => (Step)new Append(n))),
            (2, Gen.ArrayOf(Gen.Choose(0, Conversations.Length - 1), 20).Select(n => (Step)new Together(n))),
            (6, Gen.Choose(0, Users.Length - 1).SelectMany(user => Gen.Choose(1, 4).Select(limit => (Step)new Read(user, limit)))),
            (3, Gen.Constant((Step)new Store())),
            (1, Gen.Constant((Step)new Drop())),
            (1, Gen.Constant((Step)new Delete())),
            (2, Gen.Constant((Step)new Crash())),
            (1, Gen.Constant((Step)new RunWithout())));
        var steps = Gen.ListOf(step).Select(list => list.ToList()).ToArbitrary();

        Check.One(Config.QuickThrowOnFailure.WithMaxTest(60), Prop.ForAll(steps, run => RunAsync(run).GetAwaiter().GetResult()));
    }

    private static async Task<bool> RunAsync(List<Step> steps)
    {
        using var logs = new TemporaryLog();
        RocksInbox? inbox = null;
        var sent = 0;
        foreach (var step in steps.Concat(Users.Select((_, n) => new Read(n, 3))))
        {
            switch (step)
            {
                case Append(var conversation):
                    await AppendAsync(conversation);
                    break;
                case Together(var conversations):
                    await Task.WhenAll(conversations.Select(AppendAsync));
                    break;
                case Read(var user, var limit):
                    await CheckAsync(logs.Log, inbox ??= RocksInboxes.Open(logs.Log), Users[user], limit);
                    break;
                case Store:
                    (inbox ??= RocksInboxes.Open(logs.Log)).Flush();
                    break;
                case Drop:
                    inbox?.Forget();
                    break;
                case Delete:
                    Close();
                    DeleteAll(logs.Log);
                    break;
                case Crash:
                    Close();
                    logs.Close();
                    break;
                case RunWithout:
                    // As the version before does, which knows no inbox.
                    Close();
                    await Task.WhenAll(Enumerable.Range(0, 5).Select(AppendAsync));
                    break;
            }
        }
        Close();
        return true;

        Task AppendAsync(int conversation)
        {
            var to = Conversations[conversation];
            return logs.Log.AppendAsync(Draft(to, to.IsDirect ? to.Users.Second : Bob, $"{Interlocked.Increment(ref sent):d8}"), default);
        }

        void Close()
        {
            inbox?.Dispose();
            inbox = null;
        }
    }

    private static async Task CheckAsync(RocksMessageLog log, RocksInbox inboxes, UserId user, int limit)
    {
        var expected = await (await new LogInbox(log).OpenAsync(user, default)).DownAsync(null, int.MaxValue, default);
        var inbox = await inboxes.OpenAsync(user, default);

        var down = new List<InboxEntry>();
        for (ListPosition? after = null; await inbox.DownAsync(after, limit, default) is { Count: > 0 } page; after = page[^1].Position)
            down.AddRange(page);
        Assert.Equal(expected, down);
        if (expected.Count == 0)
            return;
        var up = new List<InboxEntry>();
        for (var before = expected[^1].Position; await inbox.UpAsync(before, Activity.Lowest, limit, default) is { Count: > 0 } page; before = page[^1].Position)
            up.AddRange(page);
        Assert.Equal(expected.SkipLast(1).Reverse(), up);
        var since = new FeedPosition(log.Epoch, expected[expected.Count / 2].Position.Activity.Value);
        Assert.Equal(
            expected.Take(expected.Count / 2).Select(entry => (entry.Position.Conversation, entry.Head)),
            (await inbox.ReadSinceAsync(since, default)).Heads.Select(head => (head.Conversation, head.SeqNo)));
    }

    private static void DeleteAll(RocksMessageLog log)
    {
        using var view = log.Store.View();
        using var rows = view.Walk(log.Store.Default);
        for (rows.Seek(InboxKeys.First); rows.Valid() && rows.GetKeySpan().StartsWith(InboxKeys.First); rows.Next())
            view.Db.Remove(rows.Key(), log.Store.Default.Handle);
    }

    private abstract record Step;

    private sealed record Append(int Conversation) : Step;

    private sealed record Together(int[] Conversations) : Step
    {
        public override string ToString() => $"Together {string.Join(' ', Conversations)}";
    }

    private sealed record Read(int User, int Limit) : Step;

    private sealed record Store : Step;

    private sealed record Drop : Step;

    private sealed record Delete : Step;

    private sealed record Crash : Step;

    private sealed record RunWithout : Step;
}
