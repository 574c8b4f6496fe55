using System.Globalization;
using Chat.Client.Tests.Fakes;
using Chat.EndToEnd.Tests.Running;

namespace Chat.Client.Tests.Log;

/// <summary>Random bad luck: whatever happened on the way, the client ends with the server's log and has sent what it took, once.</summary>
public sealed class BadLuckTests
{
    private const int Steps = 80;

    /// <summary>25, or as many as <c>CHAT_BAD_LUCK_SEEDS</c> says.</summary>
    public static TheoryData<int> Seeds =>
        [.. Enumerable.Range(1, int.TryParse(Environment.GetEnvironmentVariable("CHAT_BAD_LUCK_SEEDS"), CultureInfo.InvariantCulture, out var count) ? count : 25)];

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

    [Theory, MemberData(nameof(Seeds))]
    public async Task Whatever_changes_come_in_whatever_way_each_message_is_the_fold_of_all_entries(int seed)
    {
        var luck = new Random(seed);
        await using var rig = await Rig.OnlineAsync(server => server.Groups[Rig.Group] = "Group");
        var run = new Run(rig, luck, changes: 17);
        run.Look();

        for (var step = 0; step < Steps; step++)
            await run.StepAsync();
        await run.HealAsync();

        foreach (var id in new[] { Rig.Direct, Rig.Group })
        {
            using var timeline = rig.Client.OpenTimeline(id);
            await timeline.LoadDownToAsync(1);
            await Until.TrueAsync(async () => (await rig.StoredAsync(id))!.Stale.IsEmpty, "what may lack a change is read");
            Assert.Equal(Unnamed(rig.Server.Log(id)), Unnamed(timeline.Messages));
            Assert.Equal(Unnamed(rig.Server.Log(id)), Unnamed(await rig.Store.ReadAsync(id, new SeqNoRange(1, long.MaxValue), int.MaxValue, CancellationToken.None)));
            Assert.Equal(rig.Server.Notices(id), timeline.Notices);
            Assert.Equal(rig.Server.Notices(id), await rig.Store.ReadNoticesAsync(id, new SeqNoRange(1, long.MaxValue), CancellationToken.None));
            var shown = rig.Client.FindConversation(id)!;
            Assert.Equal(Unnamed(rig.Server.Log(id).TakeLast(1)), Unnamed(new[] { shown.LastMessage }.OfType<Message>()));
            Assert.Equal(Settings(rig, id), SettingsRules.AllOf(await rig.StoredAsync(id)));
            Assert.Equal(rig.Server.List(Rig.Me).Conversations.Any(listed => listed.ConversationId == id), rig.Client.Conversations.Any(one => one.Id == id));
            Assert.Equal(rig.Server.List(Rig.Me, archived: true).Conversations.Any(listed => listed.ConversationId == id), rig.Client.Archived.Any(one => one.Id == id));
        }
    }

    /// <summary>What is set for a conversation. Of one that is deleted here and there the rest is asked for when its next message comes.</summary>
    private static OwnSettings Settings(Rig rig, string id)
    {
        var there = SettingsRules.AllOf(rig.Server.SettingsOf(id));
        var isListed = IsIn(archived: false) || IsIn(archived: true);
        var here = rig.Client.FindConversation(id);
        return isListed || here is null || rig.Client.Conversations.Concat(rig.Client.Archived).Any(one => one.Id == id) ? there : there with
        {
            MutedUntil = here.MutedUntil ?? DateTimeOffset.UnixEpoch, Pinned = here.Pinned, MarkedUnread = here.MarkedUnread, Draft = here.Draft ?? "",
        };

        bool IsIn(bool archived) => rig.Server.List(Rig.Me, archived).Conversations.Any(listed => listed.ConversationId == id);
    }

    /// <summary>
    /// Who else has reacted is not known when one whom a reaction names takes it back. Who deleted a message first is asked of the server, and a client that is
    /// closed before the answer shows its own user.
    /// </summary>
    private static Message[] Unnamed(IEnumerable<Message> messages) =>
    [
        .. messages.Select(message => message with
        {
            Reactions = [.. message.Reactions.Select(reaction => reaction with { UserIds = [] })],
            Deleted = message.Deleted is { } deletion ? deletion with { By = "" } : null,
        }),
    ];

    /// <param name="rig">The client and its server.</param>
    /// <param name="luck">Decides.</param>
    /// <param name="changes">How many of 19 + this steps are changes of messages.</param>
    private sealed class Run(Rig rig, Random luck, int changes = 0)
    {
        private static readonly string[] Emojis = ["👍", "❤️", "😂"];

        private readonly Dictionary<string, Timeline> _timelines = [];
        private int _count;

        public List<string> Taken { get; } = [];

        public async Task StepAsync()
        {
            var conversation = luck.Next(2) == 0 ? Rig.Direct : Rig.Group;
            switch (luck.Next(19 + changes))
            {
                case < 4:
                    rig.Server.Push(conversation, "bob", Said(rig.Server.Log(conversation), $"theirs {++_count}"));
                    break;
                case < 8:
                    await SendAsync(conversation, $"mine {++_count}");
                    break;
                case 8:
                    rig.Server.Push(conversation, Rig.Me, Said(rig.Server.Log(conversation), $"elsewhere {++_count}"), $"other-{_count}");
                    break;
                case 9:
                    rig.Server.Current.Close();
                    break;
                case 10:
                    rig.Server.LosesAcks = !rig.Server.LosesAcks;
                    break;
                case 11:
                    // Again, as after an ack that got lost.
                    if (rig.Server.Current.Pushed is { Length: > 0 } pushed)
                        rig.Server.Current.Push(new MessageArrived(rig.Server.Present(pushed[luck.Next(pushed.Length)].Message)));
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
                case 18:
                    await MarkReadAsync(conversation);
                    break;
                case < 26:
                    Change(conversation);
                    break;
                case 26 or 27:
                    rig.Server.Set(conversation, Setting(conversation));
                    break;
                case 28:
                    await SetAsync(conversation);
                    break;
                case 29 or 30:
                    Happen();
                    break;
                default:
                    await ActAsync(conversation);
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
            await Until.TrueAsync(async () =>
            {
                rig.Clock.Advance(TimeSpan.FromSeconds(1));
                foreach (var id in new[] { Rig.Direct, Rig.Group })
                {
                    if (Settings(rig, id) != SettingsRules.AllOf(await rig.StoredAsync(id)))
                        return false;
                }
                return rig.Server.List(Rig.Me).Conversations.All(listed =>
                    rig.Client.FindConversation(listed.ConversationId) is { } shown
                    && (listed.UnreadCount, listed.UnreadMentions, listed.ReadSeqNo, listed.MaxSeqNo) == (shown.UnreadCount, shown.UnreadMentions, shown.ReadSeqNo, shown.MaxSeqNo));
            }, "the list is the server's", () => string.Join('\n', rig.Server.List(Rig.Me).Conversations) + string.Join('\n', rig.Client.Conversations)
                + string.Join('\n', new[] { Rig.Direct, Rig.Group }.Select(id => $"{rig.Server.SettingsOf(id)} {rig.Client.FindConversation(id)}")));
        }

        /// <summary>Opens both conversations.</summary>
        public void Look()
        {
            foreach (var id in new[] { Rig.Direct, Rig.Group })
                _timelines[id] = rig.Client.OpenTimeline(id);
        }

        /// <summary>Somebody changes a message; the change is pushed, or is only in the log.</summary>
        private void Change(string conversation)
        {
            if (rig.Server.Log(conversation) is not { Count: > 0 } log)
                return;
            var target = log[luck.Next(log.Count)].SeqNo;
            var by = luck.Next(4) switch { 0 => Rig.Me, 1 => "carol", 2 => "dave", _ => "bob" };
            var own = by == Rig.Me ? $"elsewhere-{++_count}" : null;
            if (luck.Next(4) == 0 && !rig.Server.Current.IsClosed)
                rig.Server.Current.Close();
            rig.Server.PushChange(conversation, by, target, Content(), own, skipped: luck.Next(4) == 0 ? 2 : 0);
        }

        /// <summary>The user changes a message that is shown.</summary>
        private async Task ActAsync(string conversation)
        {
            if (_timelines[conversation].Messages is not { Count: > 0 } shown)
                return;
            var message = shown[luck.Next(shown.Count)];
            try
            {
                await (Content() switch
                {
                    ChangeContent.Edit edit => rig.Client.EditAsync(message, edit.Text, edit.Mentions),
                    ChangeContent.React react => rig.Client.ReactAsync(message, react.Emoji),
                    ChangeContent.Pin => rig.Client.PinAsync(message, !message.Pinned),
                    _ => rig.Client.DeleteAsync(message),
                });
            }
            catch (ChatException e) when (e.Code == ErrorCodes.Storage)
            {
                // Not taken.
            }
        }

        /// <summary>Something happens to the group; the notice is pushed, or is only in the log.</summary>
        private void Happen()
        {
            if (luck.Next(4) == 0)
                rig.Server.Current.Close();
            rig.Server.PushNotice(Rig.Group, "bob", NoticeKinds.TitleChanged, value: $"title {++_count}", skipped: luck.Next(4) == 0 ? 2 : 0);
        }

        private OwnSettings Setting(string conversation) => luck.Next(9) switch
        {
            0 => new OwnSettings { ClearedUpTo = luck.NextInt64(0, rig.Server.TopOf(conversation) + 1) },
            1 => new OwnSettings { ClearedUpTo = rig.Server.TopOf(conversation), Archived = true },
            2 => new OwnSettings { MutedUntil = luck.Next(2) == 0 ? rig.Clock.GetUtcNow().AddYears(1) : DateTimeOffset.UnixEpoch },
            3 => new OwnSettings { Pinned = luck.Next(2) == 0 },
            4 => new OwnSettings { MarkedUnread = luck.Next(2) == 0 },
            5 => new OwnSettings { Draft = luck.Next(3) == 0 ? "" : $"draft {++_count}" },
            _ => new OwnSettings { Archived = luck.Next(3) > 0 },
        };

        private async Task SetAsync(string conversation)
        {
            try
            {
                await rig.Client.ChangeSettingsAsync(conversation, Setting(conversation));
            }
            catch (ChatException e) when (e.Code == ErrorCodes.Storage)
            {
                // The server has it; the next list tells.
            }
        }

        /// <summary>A text; where there are changes, too, sometimes in a thread, and sometimes with mentions.</summary>
        private MessageContent Said(IReadOnlyList<Message> shown, string text)
        {
            Message[] roots = changes == 0 ? [] : [.. shown.Where(message => message.ThreadId is null)];
            var root = roots.Length > 0 && luck.Next(3) > 0 ? roots[luck.Next(roots.Length)] : null;
            var mentions = (changes == 0 ? 0 : luck.Next(8)) switch { 1 => Rig.Me, 2 => MessageContent.Everybody, 3 => "bob", _ => null };
            return new MessageContent(text) { ThreadId = root?.MessageId, ThreadSeqNo = root?.SeqNo, Mentions = mentions is null ? [] : [mentions] };
        }

        private ChangeContent Content() => luck.Next(10) switch
        {
            0 => new ChangeContent.Edit($"edited {++_count}"),
            1 => new ChangeContent.Edit($"edited {++_count}") { Mentions = luck.Next(2) == 0 ? [] : [Rig.Me] },
            2 => new ChangeContent.Delete(),
            3 => new ChangeContent.Pin(luck.Next(2) == 0),
            _ => new ChangeContent.React(Emojis[luck.Next(Emojis.Length)], luck.Next(4) > 0),
        };

        private async Task SendAsync(string conversation, string text)
        {
            try
            {
                await rig.Client.SendAsync(conversation, Said(_timelines.GetValueOrDefault(conversation)?.Messages ?? [], text));
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
            if (_timelines.Count > 0)
                Look();
        }
    }
}
