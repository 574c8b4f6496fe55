using Chat.BuildingBlocks.Ids;
using Chat.Modules.Messaging.Log;
using FsCheck;
using FsCheck.Fluent;
using static Chat.Modules.Messaging.Tests.Words;

namespace Chat.Modules.Messaging.Tests.Log;

/// <summary>Whatever is appended in whatever order, repeated and cut by restarts: the log is what a list would be.</summary>
public sealed class MessageLogProperties
{
    private static readonly ConversationId[] Conversations = [AliceAndBob, Team, ConversationId.Parse("dm:alice:bobby")];
    private static readonly UserId[] Senders = [Alice, Bob, UserId.Parse("bobby")];

    [Fact]
    public void The_log_agrees_with_a_list_after_any_appends_repetitions_and_reopenings()
    {
        var step = Gen.Frequency(
            (1, Gen.Constant((Step)new Reopen())),
            (12, Gen.Choose(0, 2).SelectMany(c => Gen.Choose(0, 2).SelectMany(s => Gen.Choose(0, 9).Select(id => (Step)new Append(c, s, id))))),
            (3, Gen.Choose(2, 20).SelectMany(n => Gen.ArrayOf(Gen.Choose(0, 29), n)).Select(ids => (Step)new Together(ids))));
        var steps = Gen.ListOf(step).Select(list => list.ToList()).ToArbitrary();

        Check.One(Config.QuickThrowOnFailure.WithMaxTest(25), Prop.ForAll(steps, run => RunAsync(run).GetAwaiter().GetResult()));
    }

    private static async Task<bool> RunAsync(List<Step> steps)
    {
        using var logs = new TemporaryLog();
        var model = new Model();
        var number = 0;
        foreach (var step in steps)
        {
            switch (step)
            {
                case Reopen:
                    logs.Close();
                    break;
                case Append(var c, var s, var id):
                    Assert.Equal(model.Append(DraftOf(c, s, id, ++number)), Shown(await logs.Log.AppendAsync(DraftOf(c, s, id, number), default)));
                    break;
                case Together(var ids):
                    // Not awaited one by one, so that they share a batch: the order of the calls counts all the same.
                    var drafts = ids.Select(id => DraftOf(id % 3, id / 10, id % 10, ++number)).ToList();
                    var answers = await Task.WhenAll(drafts.Select(draft => logs.Log.AppendAsync(draft, default)));
                    Assert.Equal(drafts.Select(model.Append), answers.Select(Shown));
                    break;
            }
        }
        foreach (var conversation in Conversations)
        {
            var stored = await logs.Log.ReadAfterAsync(conversation, SeqNo.None, 10_000, default);
            Assert.Equal(model.Of(conversation), stored.Select(message => $"{message.Content.Text}"));
            Assert.Equal(stored.Count, (await logs.Log.GetHeadAsync(conversation, default)).Value);
            Assert.Equal(stored.TakeLast(3), await logs.Log.ReadBeforeAsync(conversation, new SeqNo(SeqNo.MaxValue), 3, default));
        }
        return true;
    }

    private static MessageDraft DraftOf(int conversation, int sender, int id, int number) =>
        Draft(Conversations[conversation], Senders[sender], $"{id}", $"text {number}");

    private static (ConversationId, long, string, bool) Shown(AppendedMessage appended) =>
        (appended.Message.Conversation, appended.Message.SeqNo.Value, $"{appended.Message.Content.Text}", appended.Duplicate);

    private abstract record Step;

    private sealed record Reopen : Step;

    private sealed record Append(int Conversation, int Sender, int Id) : Step;

    private sealed record Together(int[] Ids) : Step
    {
        public override string ToString() => $"Together {string.Join(' ', Ids)}";
    }

    private sealed class Model
    {
        private readonly Dictionary<(UserId, string), (ConversationId, long, string)> _attempts = [];
        private readonly Dictionary<ConversationId, List<string>> _texts = [];

        public List<string> Of(ConversationId conversation) => _texts.GetValueOrDefault(conversation, []);

        public (ConversationId, long, string, bool) Append(MessageDraft draft)
        {
            if (_attempts.TryGetValue((draft.Sender.User, draft.ClientMsgId), out var first))
                return (first.Item1, first.Item2, first.Item3, true);
            if (!_texts.TryGetValue(draft.Conversation, out var texts))
                _texts[draft.Conversation] = texts = [];
            texts.Add($"{draft.Content.Text}");
            _attempts[(draft.Sender.User, draft.ClientMsgId)] = (draft.Conversation, texts.Count, $"{draft.Content.Text}");
            return (draft.Conversation, texts.Count, $"{draft.Content.Text}", false);
        }
    }
}
