using Chat.Client.Tests.Fakes;
using Chat.EndToEnd.Tests.Running;

namespace Chat.Client.Tests.Log;

/// <summary>Random bad luck: whatever happened on the way, the client ends with the server's log and has sent what it took, once.</summary>
public sealed class BadLuckTests
{
    private const int Steps = 80;

    public static TheoryData<int> Seeds => [.. Enumerable.Range(1, 25)];

    [Theory, MemberData(nameof(Seeds))]
    public async Task Every_run_of_bad_luck_ends_with_the_servers_log(int seed)
    {
        var luck = new Random(seed);
        await using var rig = await Rig.OnlineAsync(server => server.Groups[Rig.Group] = "Group");
        var run = new Run(rig, luck);

        for (var step = 0; step < Steps; step++)
            await run.StepAsync();
        await run.HealAsync();

        var list = rig.Server.List(Rig.Me);
        foreach (var id in new[] { Rig.Direct, Rig.Group })
        {
            using var timeline = rig.Client.OpenTimeline(id);
            await timeline.LoadDownToAsync(1);
            Assert.Equal(rig.Server.Log(id), timeline.Messages);
            Assert.Empty(timeline.Outgoing);
            var listed = list.Conversations.Single(summary => summary.ConversationId == id);
            var shown = rig.Client.FindConversation(id)!;
            Assert.Equal((listed.UnreadCount, listed.ReadSeqNo, listed.MaxSeqNo), (shown.UnreadCount, shown.ReadSeqNo, shown.MaxSeqNo));
            Assert.Equal(timeline.Messages.Count, (await rig.TextsAsync(id)).Length);
        }
        var mine = rig.Server.Log(Rig.Direct).Concat(rig.Server.Log(Rig.Group)).Where(message => message.Text.StartsWith("mine", StringComparison.Ordinal));
        Assert.Equal(run.Taken.Order(StringComparer.Ordinal), mine.Select(message => message.Text).Order(StringComparer.Ordinal));
    }

    private sealed class Run(Rig rig, Random luck)
    {
        private int _count;

        public List<string> Taken { get; } = [];

        public async Task StepAsync()
        {
            var conversation = luck.Next(2) == 0 ? Rig.Direct : Rig.Group;
            switch (luck.Next(19))
            {
                case < 4:
                    rig.Server.Push(conversation, "bob", $"theirs {++_count}");
                    break;
                case < 8:
                    await SendAsync(conversation, $"mine {++_count}");
                    break;
                case 8:
                    rig.Server.Push(conversation, Rig.Me, $"elsewhere {++_count}", $"other-{_count}");
                    break;
                case 9:
                    rig.Server.Current.Close();
                    break;
                case 10:
                    rig.Server.LosesAcks = !rig.Server.LosesAcks;
                    break;
                case 11 when rig.Server.Current.Pushed is { Length: > 0 } pushed:
                    // Again, as after an ack that got lost.
                    rig.Server.Current.Push(pushed[luck.Next(pushed.Length)]);
                    break;
                case 12:
                    rig.Server.Drop(conversation, "bob", $"dropped {++_count}", $"dropped {++_count}", $"dropped {++_count}");
                    break;
                case 13:
                    await ReloadAsync();
                    break;
                case 14:
                    rig.Store.Fails = luck.Next(3) == 0 ? _ => true : _ => false;
                    break;
                case 15:
                    rig.Server.PassOver(conversation, "bob", $"unseen {++_count}", $"unseen {++_count}");
                    break;
                case 16:
                    rig.Server.Push(conversation, "bob", $"behind a hole {++_count}", skipped: luck.Next(3));
                    break;
                case 17:
                    rig.Server.AckForgotten(conversation, $"forgotten {++_count}", late: luck.Next(2) == 0);
                    break;
                default:
                    await MarkReadAsync(conversation);
                    break;
            }
            if (luck.Next(3) == 0)
                rig.Clock.Advance(TimeSpan.FromSeconds(luck.Next(1, 9)));
            if (luck.Next(3) == 0)
                await Task.Yield();
        }

        /// <summary>The bad luck ends: one more connection, and what waits goes out.</summary>
        public async Task HealAsync()
        {
            rig.Store.Fails = _ => false;
            rig.Server.LosesAcks = false;
            var before = rig.Server.Connections.Count;
            rig.Server.Current.Close();
            await rig.AdvanceUntilAsync(() => rig.Server.Connections.Count > before, "there is another connection");
            await rig.AdvanceUntilAsync(() => rig.Client.Connection is { Status: ConnectionStatus.Online, CaughtUp: true }, "it has caught up");
            await Until.TrueAsync(async () =>
            {
                rig.Clock.Advance(TimeSpan.FromSeconds(1));
                return (await rig.Store.OpenAsync(CancellationToken.None)).Outbox.Count == 0;
            }, "all is sent");
            // The last word on unread messages and read cursors is a list.
            rig.Server.Current.Push(new Advanced(Rig.Direct, 1));
            await Until.TrueAsync(() =>
            {
                rig.Clock.Advance(TimeSpan.FromSeconds(1));
                return rig.Server.List(Rig.Me).Conversations.All(listed =>
                    rig.Client.FindConversation(listed.ConversationId) is { } shown
                    && (listed.UnreadCount, listed.ReadSeqNo, listed.MaxSeqNo) == (shown.UnreadCount, shown.ReadSeqNo, shown.MaxSeqNo));
            }, "the list is the server's", () => string.Join('\n', rig.Server.List(Rig.Me).Conversations) + string.Join('\n', rig.Client.Conversations));
        }

        private async Task SendAsync(string conversation, string text)
        {
            try
            {
                await rig.Client.SendAsync(conversation, text);
                Taken.Add(text);
            }
            catch (ChatException e) when (e.Code == ErrorCodes.Storage)
            {
                // Not taken.
            }
        }

        private async Task MarkReadAsync(string conversation)
        {
            try
            {
                await rig.Client.MarkReadAsync(conversation, luck.Next(1, 40));
            }
            catch (ChatException e) when (e.Code == ErrorCodes.Storage)
            {
                // Not moved.
            }
        }

        private async Task ReloadAsync()
        {
            var fails = rig.Store.Fails;
            await rig.CloseAsync();
            rig.Store.Fails = _ => false;
            await rig.OpenAsync();
            rig.Store.Fails = fails;
        }
    }
}
