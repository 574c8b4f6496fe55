using Chat.Client.Tests.Fakes;
using Chat.EndToEnd.Tests.Running;

namespace Chat.Client.Tests.Log;

/// <summary>Answers that come before or after what the log has around them: nothing that is shown goes away, and no change is lost.</summary>
public sealed class LateAnswersTests
{
    private const string Thumb = "👍";

    [Fact]
    public async Task An_own_message_that_is_acked_after_a_change_of_it_has_that_change()
    {
        await using var rig = await Talk.TalkingAsync();
        using var timeline = await Talk.LookAsync(rig);
        var sent = await StoredWithoutAckAsync(rig, "five");

        rig.Server.PushChange(Rig.Direct, "bob", sent.SeqNo, new ChangeContent.React(Thumb, true));
        rig.Server.Current.Push(FakeServer.AckOf(sent));

        await Until.TrueAsync(() => timeline.Messages is [.., { ChangedSeqNo: 6 }], "the reaction is shown");
        await AssertIsTheLogAsync(rig, timeline);
    }

    [Fact]
    public async Task An_own_change_that_is_acked_after_a_later_one_is_not_lost()
    {
        await using var rig = await Talk.TalkingAsync();
        using var timeline = await Talk.LookAsync(rig);
        var entry = await ChangedWithoutAckAsync(rig, timeline);

        rig.Server.PushChange(Rig.Direct, "bob", 1, new ChangeContent.Edit("better"));
        await rig.TakenAsync(6);
        rig.Server.Current.Push(AckOf(entry));

        await Until.TrueAsync(() => timeline.Messages[0] is { Text: "better", Reactions: [{ Mine: true }] } && timeline.Outgoing.Count == 0, "both are shown");
        await Talk.NothingWaitsAsync(rig);
        await AssertIsTheLogAsync(rig, timeline);
    }

    [Fact]
    public async Task An_own_change_that_a_drain_brings_after_a_later_one_is_not_lost_and_its_ack_may_still_come()
    {
        await using var rig = await Talk.TalkingAsync();
        using var timeline = await Talk.LookAsync(rig);
        var entry = await ChangedWithoutAckAsync(rig, timeline);
        rig.Server.PushChange(Rig.Direct, "bob", 1, new ChangeContent.Edit("better"));
        await rig.TakenAsync(6);

        rig.Server.SetCursor(Rig.Direct, 4);
        await rig.ReconnectAsync();
        await Talk.NothingWaitsAsync(rig);
        rig.Server.Current.Push(AckOf(entry));
        rig.Server.Push(Rig.Direct, "bob", "seven");
        await rig.TakenAsync(7);

        await Until.TrueAsync(() => timeline.Messages[0] is { Text: "better", Reactions: [{ Mine: true }] }, "both are shown");
        await AssertIsTheLogAsync(rig, timeline);
        Assert.Equal([new SeqNoRange(1, 7)], (await rig.StoredAsync())!.Complete);
    }

    [Fact]
    public async Task An_own_ack_that_overtakes_a_message_takes_nothing_away_from_what_is_shown()
    {
        await using var rig = await Talk.TalkingAsync();
        using var timeline = await Talk.LookAsync(rig);
        var overtaken = rig.Server.Append(Rig.Direct, "bob", "five");

        await rig.Client.SendAsync(Rig.Direct, "six");
        await Talk.NothingWaitsAsync(rig);
        Assert.Equal(["one", "two", "three", "four", "six"], timeline.Messages.Select(message => message.Text));

        rig.Server.Current.Push(new MessageArrived(overtaken));
        await rig.TakenAsync(5);
        await rig.SettleAsync();
        await AssertIsTheLogAsync(rig, timeline);
    }

    [Fact]
    public async Task What_may_lack_a_change_stays_shown_until_it_is_read_again()
    {
        var come = new TaskCompletionSource();
        await using var rig = await Talk.TalkingAsync();
        using var timeline = await Talk.LookAsync(rig);
        rig.Rest.Before = path => path.Contains("/messages?", StringComparison.Ordinal) ? come.Task : Task.CompletedTask;
        var overtaken = rig.Server.Change(Rig.Direct, "bob", 1, new ChangeContent.React(Thumb, true)).Entry!;

        await rig.Client.ReactAsync(timeline.Messages[0], Thumb);
        await Talk.NothingWaitsAsync(rig);
        Assert.Equal(4, timeline.Messages.Count);
        Assert.Equal([new Reaction(Thumb, 1, [Rig.Me], Mine: true)], timeline.Messages[0].Reactions);

        rig.Server.Current.Push(new ChangeArrived(overtaken));
        come.SetResult();
        await Until.TrueAsync(() => timeline.Messages is [{ Reactions: [{ Count: 2 }] }, _, _, _], "both are counted");
        await AssertIsTheLogAsync(rig, timeline);
        Assert.Empty((await rig.StoredAsync())!.Stale);
    }

    [Fact]
    public async Task Where_no_view_is_open_it_is_read_again_when_one_is_opened_after_a_restart_too()
    {
        await using var rig = await Talk.TalkingAsync();
        MessageChange entry;
        using (var timeline = await Talk.LookAsync(rig))
            entry = await ChangedWithoutAckAsync(rig, timeline);
        rig.Server.PushChange(Rig.Direct, "bob", 1, new ChangeContent.Edit("better"));
        await rig.TakenAsync(6);
        rig.Server.Current.Push(AckOf(entry));
        await Talk.NothingWaitsAsync(rig);
        Assert.Equal([new SeqNoRange(1, 1)], (await rig.StoredAsync())!.Stale);

        await rig.CloseAsync();
        await rig.OpenAsync();
        await rig.CaughtUpAsync();
        using var opened = rig.Client.OpenTimeline(Rig.Direct);

        await Until.TrueAsync(() => opened.Messages is [{ Reactions: [{ Mine: true }] }, ..], "both are shown");
        await AssertIsTheLogAsync(rig, opened);
    }

    /// <summary>A message is in the log, and its ack is on its way.</summary>
    private static async Task<Message> StoredWithoutAckAsync(Rig rig, string text)
    {
        var stored = new TaskCompletionSource<Message>();
        rig.Server.Answer = send =>
        {
            stored.TrySetResult(rig.Server.Append(send.To, Rig.Me, send, send.ClientMsgId));
            return null;
        };
        await rig.Client.SendAsync(Rig.Direct, text);
        return await stored.Task.WaitAsync(Until.Patience);
    }

    /// <summary>An own reaction to the first message is in the log, and its ack is on its way.</summary>
    private static async Task<MessageChange> ChangedWithoutAckAsync(Rig rig, Timeline timeline)
    {
        var stored = new TaskCompletionSource<MessageChange>();
        rig.Server.AnswerChange = change =>
        {
            stored.TrySetResult(rig.Server.Change(change.To, Rig.Me, 1, new ChangeContent.React(Thumb, true), change.ClientMsgId).Entry!);
            return null;
        };
        await rig.Client.ReactAsync(timeline.Messages[0], Thumb);
        return await stored.Task.WaitAsync(Until.Patience);
    }

    private static SentAck AckOf(MessageChange entry) => new(entry.ClientMsgId!, $"c{entry.SeqNo}", entry.ConversationId, entry.SeqNo, entry.Timestamp);

    /// <summary>The own change is shown before it is laid on, so that what is shown may be right before what is stored is.</summary>
    private static Task AssertIsTheLogAsync(Rig rig, Timeline timeline) => Until.TrueAsync(
        async () => rig.Server.Log(Rig.Direct).SequenceEqual(timeline.Messages) && rig.Server.Log(Rig.Direct).SequenceEqual(await Talk.StoredAsync(rig)),
        "what is shown and stored is the log", () => string.Join('\n', timeline.Messages));
}
