using Chat.BuildingBlocks.Errors;
using Chat.BuildingBlocks.Ids;
using Chat.Modules.Messaging.Contracts;
using Chat.Modules.Messaging.Log;
using Chat.Modules.Messaging.Log.Embedded;
using Chat.Modules.Messaging.Tests.Log;
using FsCheck;
using FsCheck.Fluent;
using static Chat.Modules.Messaging.Tests.Words;

namespace Chat.Modules.Messaging.Tests.Changes;

/// <summary>Whatever several users change at once, with restarts and writes that fail in between: what is read of a message is what its entries add up to.</summary>
public sealed class MessageChangesProperties
{
    private static readonly UserId[] Users = [Alice, Bob, Carol];
    private static readonly string[] Emoji = ["👍", "❤️", "😂"];

    [Fact]
    public void The_entries_add_up_to_the_state_on_every_read()
    {
        var wish = from kind in Gen.Choose(0, 9) from message in Gen.Choose(0, 3) from user in Gen.Choose(0, 2) from which in Gen.Choose(0, 2) select new Wish(kind, message, user, which);
        var step = Gen.Frequency(
            (8, Gen.Choose(1, 12).SelectMany(count => Gen.ArrayOf(wish, count)).Select(wishes => (Step)new Together(wishes))),
            (1, Gen.Constant((Step)new Reopen())),
            (1, Gen.Constant((Step)new Sweep())),
            (1, Gen.Elements(false, true).Select(isWritten => (Step)new Fail(isWritten))));

        Check.One(
            Config.QuickThrowOnFailure.WithMaxTest(25),
            Prop.ForAll(Gen.ListOf(step).Select(list => list.ToList()).ToArbitrary(), steps => RunAsync(steps).GetAwaiter().GetResult()));
    }

    private static async Task<bool> RunAsync(List<Step> steps)
    {
        var failure = default(Fail);
        using var logs = new TemporaryLog(write: write =>
        {
            if (Interlocked.Exchange(ref failure, null) is not { } fail)
            {
                write();
                return;
            }
            if (fail.IsWritten)
                write();
            throw new IOException("The disk is full.");
        });
        var messages = new List<LoggedMessage>();
        for (var n = 0; n < 4; n++)
            messages.Add((await logs.Log.AppendAsync(n < 2 ? Draft(AliceAndBob, Users[n % 3], $"m{n}", $"text {n}") : In(messages[0], Users[n % 3], $"m{n}"), default)).Message);
        var number = 0;
        foreach (var step in steps)
        {
            switch (step)
            {
                case Reopen:
                    logs.Close();
                    break;
                case Sweep:
                    logs.Log.Erasure.Sweep();
                    break;
                case Fail fail:
                    failure = fail;
                    await Record.ExceptionAsync(() => AppendAsync(logs.Log, ToDraft(new Wish(7, 0, 0, 0), messages, ++number)));
                    failure = null;
                    logs.Close();
                    break;
                case Together(var wishes):
                    var answers = await Task.WhenAll(wishes.Select(wish => AppendAsync(logs.Log, ToDraft(wish, messages, ++number))));
                    Assert.All(answers, answer => Assert.True(answer.IsOk || answer.Error.Code is ErrorCodes.Conflict or ErrorCodes.BadRequest));
                    break;
            }
            var read = await logs.Log.ReadAfterAsync(AliceAndBob, SeqNo.None, 10_000, default);
            var swept = read.Where(entry => entry.Content is { Kind: MessageKind.Erased, PreviousMessage: not null }).ToList();
            // Of deleted messages the sweep takes the reactions, which are not in their states.
            Assert.Equal(Folding.Fold(read.Where(entry => !IsOfDeleted(entry, read))).OrderBy(one => one.Key), Folding.StatesOf(read).OrderBy(one => one.Key));
            Assert.Equal(await logs.Log.ReadPinsAsync(AliceAndBob, default), read.Where(entry => entry.State is { IsPinned: true })
                .OrderByDescending(entry => entry.State!.Pin!.Entry.Value).Select(entry => entry.SeqNo));
            foreach (var root in messages.Take(2))
            {
                Assert.Equal(
                    read.Where(entry => entry.Content.Thread?.SeqNo == root.SeqNo && entry.Content.IsMessagePlace).Select(entry => entry.SeqNo),
                    await logs.Log.ReadThreadAsync(AliceAndBob, root.SeqNo, SeqNo.None, SeqNo.None, 10_000, default));
            }
            Assert.Equal(
                read.Where(entry => entry.State?.Thread is not null).Select(entry => new ThreadPlace(entry.SeqNo, entry.State!.Thread!.LastSeqNo)).OrderByDescending(place => place.Last),
                await logs.Log.ReadThreadsAsync(AliceAndBob, new SeqNo(SeqNo.MaxValue), 100, default));
            foreach (var user in Users)
            {
                var places = await logs.Log.ReadMentionsAsync(AliceAndBob, user, SeqNo.None, new SeqNo(SeqNo.MaxValue - 1), 10_000, default);
                Assert.Equal(
                    read.Where(entry => entry.IsShown && entry.ShownMentions.Include(user)).Select(entry => entry.SeqNo).Reverse(),
                    places.Where(place => read[(int)place.Value - 1].ShownMentions.Include(user)));
                Assert.All(places, place => Assert.Null(read[(int)place.Value - 1].State?.Deletion));
            }
            Assert.All(swept, entry => Assert.Null(entry.Content.Change));
            foreach (var message in read.Where(entry => entry.State is not null))
            {
                var reactions = (await logs.Log.ReadReactionsAsync(AliceAndBob, message.SeqNo, null, null, 1_000, default)).Found;
                Assert.Equal(
                    message.State!.Reactions.Select(reaction => (reaction.Emoji, reaction.Count)).Order(),
                    reactions.GroupBy(reaction => reaction.Emoji).Select(group => (group.Key, group.Count())).Order());
            }
        }
        return true;
    }

    // The deletion itself is kept: it alone makes the state.
    private static bool IsOfDeleted(LoggedMessage entry, IReadOnlyList<LoggedMessage> read) =>
        entry.Content.Change is { } change && entry.Content.Kind != MessageKind.Delete && read[(int)change.Target.SeqNo.Value - 1].State?.Deletion is not null;

    private static async Task<Result<AppendedMessage>> AppendAsync(RocksMessageLog log, MessageDraft draft) =>
        draft.Content.Change is null ? await log.AppendAsync(draft, default) : await log.AppendChangeAsync(draft, default);

    private static MessageDraft ToDraft(Wish wish, List<LoggedMessage> messages, int number)
    {
        var (message, user, id) = (messages[wish.Message], Users[wish.User], $"{number}");
        return wish.Kind switch
        {
            0 when number % 5 == 0 => message.Delete(user, id),
            0 or 1 => message.Edit(user, id, $"text {wish.Which}", new SeqNo(number % 3 * 3)),
            2 or 3 or 4 => message.React(user, id, Emoji[wish.Which]),
            5 or 6 => message.React(user, id, Emoji[wish.Which], on: false),
            7 when wish.Message < 2 => In(messages[wish.Message], user, id),
            7 => Draft(AliceAndBob, user, id) with { Content = MessageContent.Of("hi") with { Mentions = wish.Which == 0 ? Mentions.All : Mentions.Of([Users[wish.Which]]) } },
            8 when number % 2 == 0 => Mentioning(message.Edit(user, id, "text"), wish.Which == 0 ? Mentions.None : Mentions.Of([Users[wish.Which]])),
            _ => message.Pin(user, id, on: wish.Which > 0),
        };
    }

    private static MessageDraft In(LoggedMessage root, UserId sender, string id) =>
        Draft(AliceAndBob, sender, id) with { Content = MessageContent.Of("in the thread") with { Thread = Folding.TargetOf(root) } };

    private static MessageDraft Mentioning(MessageDraft edit, Mentions mentions) => edit with { Content = edit.Content with { Mentions = mentions } };

    private abstract record Step;

    private sealed record Reopen : Step;

    private sealed record Sweep : Step;

    private sealed record Fail(bool IsWritten) : Step;

    private sealed record Together(Wish[] Wishes) : Step
    {
        public override string ToString() => $"Together {string.Join(' ', Wishes.AsEnumerable())}";
    }

    private sealed record Wish(int Kind, int Message, int User, int Which);
}
