using System.Text.Json;
using Chat.Client.Tests.Fakes;
using Chat.EndToEnd.Tests.Running;

namespace Chat.Client.Tests.Log;

/// <summary>Edits, deletions, reactions and pins of others.</summary>
public sealed class ChangesTests
{
    private const string Thumb = "👍";

    [Fact]
    public async Task Changes_of_others_are_laid_on_kept_and_acked_and_are_no_messages()
    {
        await using var rig = await Talk.TalkingAsync();
        using var timeline = await Talk.LookAsync(rig);
        var unread = rig.Client.FindConversation(Rig.Direct)!.UnreadCount;

        rig.Server.PushChange(Rig.Direct, "bob", 1, new ChangeContent.Edit("better"));
        rig.Server.PushChange(Rig.Direct, "bob", 1, new ChangeContent.React(Thumb, true));
        rig.Server.PushChange(Rig.Direct, "carol", 1, new ChangeContent.React(Thumb, true));
        rig.Server.PushChange(Rig.Direct, "bob", 2, new ChangeContent.Pin(true));
        await rig.TakenAsync(8);

        Assert.Equal(rig.Server.Log(Rig.Direct), timeline.Messages);
        Assert.Equal(("better", 7), (timeline.Messages[0].Text, timeline.Messages[0].ChangedSeqNo));
        Assert.Equal([new Reaction(Thumb, 2, ["bob", "carol"])], timeline.Messages[0].Reactions);
        Assert.Equal(rig.Server.Log(Rig.Direct), await Talk.StoredAsync(rig));
        var shown = rig.Client.FindConversation(Rig.Direct)!;
        Assert.Equal((8, unread, 4), (shown.MaxSeqNo, shown.UnreadCount, shown.LastMessage!.SeqNo));
    }

    [Fact]
    public async Task A_change_that_comes_again_is_not_laid_on_again()
    {
        await using var rig = await Talk.TalkingAsync();
        using var timeline = await Talk.LookAsync(rig);
        var (entry, _) = rig.Server.Change(Rig.Direct, "bob", 1, new ChangeContent.React(Thumb, true));

        rig.Server.Current.Push(new ChangeArrived(entry!));
        rig.Server.Current.Push(new ChangeArrived(entry!));
        await rig.TakenAsync(5);
        rig.Server.SetCursor(Rig.Direct, 4);
        await rig.ReconnectAsync();

        Assert.Equal(1, Assert.Single(timeline.Messages[0].Reactions).Count);
    }

    [Fact]
    public async Task Of_a_message_that_was_deleted_nothing_but_its_place_is_left_and_it_is_not_unread()
    {
        await using var rig = await Talk.TalkingAsync();
        using var timeline = await Talk.LookAsync(rig);

        rig.Server.PushChange(Rig.Direct, "bob", 3, new ChangeContent.Delete());
        await rig.TakenAsync(5);

        Assert.Equal(rig.Server.Log(Rig.Direct), timeline.Messages);
        Assert.Equal(("", "bob"), (timeline.Messages[2].Text, timeline.Messages[2].Deleted?.By));
        await rig.AdvanceUntilAsync(() => rig.Client.FindConversation(Rig.Direct)!.UnreadCount == 2, "two are unread");
    }

    [Fact]
    public async Task A_message_of_which_an_earlier_change_may_be_missing_is_read_again()
    {
        await using var rig = await Talk.TalkingAsync();
        using var timeline = await Talk.LookAsync(rig);

        rig.Server.Current.Close();
        rig.Server.Change(Rig.Direct, "bob", 1, new ChangeContent.React(Thumb, true));
        rig.Server.SetCursor(Rig.Direct, 5);
        rig.Server.Change(Rig.Direct, "carol", 1, new ChangeContent.React(Thumb, true));
        await rig.AdvanceUntilAsync(() => rig.Server.Cursor(Rig.Direct) == 6, "the second one is acked");

        await rig.AdvanceUntilAsync(() => timeline.Messages is [{ Reactions: [{ Count: 2 }] }, _, _, _], "both are counted");
        Assert.Equal(rig.Server.Log(Rig.Direct), timeline.Messages);
        Assert.Equal(rig.Server.Log(Rig.Direct), await Talk.StoredAsync(rig));
    }

    [Fact]
    public async Task A_page_that_was_read_before_a_change_takes_nothing_of_it_away()
    {
        var answered = new TaskCompletionSource();
        var come = new TaskCompletionSource();
        await using var rig = await Rig.OnlineAsync(server =>
        {
            server.DrainsNothing = true;
            server.Append(Rig.Direct, "bob", "one");
        });
        rig.Rest.After = async path =>
        {
            if (!path.Contains("/messages?", StringComparison.Ordinal))
                return;
            answered.TrySetResult();
            await come.Task;
        };
        using var timeline = rig.Client.OpenTimeline(Rig.Direct);
        await answered.Task.WaitAsync(Until.Patience);

        rig.Server.PushChange(Rig.Direct, "bob", 1, new ChangeContent.React(Thumb, true));
        await rig.TakenAsync(2);
        come.SetResult();

        await Until.TrueAsync(() => timeline.Messages.Count == 1, "the page is shown");
        Assert.Equal(rig.Server.Log(Rig.Direct), timeline.Messages);
        Assert.Equal(rig.Server.Log(Rig.Direct), await Talk.StoredAsync(rig));
    }

    [Fact]
    public async Task An_entry_that_only_a_newer_version_knows_takes_its_place_and_harms_nothing()
    {
        await using var rig = await Talk.TalkingAsync();
        using var timeline = await Talk.LookAsync(rig);
        var target = timeline.Messages[0];

        rig.Server.Current.Push(new ChangeArrived(Parse("""{"type":"change","conversationId":"dm:alice:bob","seqNo":5,"kind":"notice","what":"joined"}""")));
        rig.Server.Current.Push(new ChangeArrived(Parse($$$"""
            {"type":"change","conversationId":"dm:alice:bob","seqNo":6,"kind":"timed","senderId":"bob","target":{"messageId":"{{{target.MessageId}}}","seqNo":1}}
            """)));
        await rig.TakenAsync(6);

        Assert.Equal(target with { ChangedSeqNo = 6 }, timeline.Messages[0]);
        Assert.Equal(6, rig.Client.FindConversation(Rig.Direct)!.MaxSeqNo);
    }

    [Fact]
    public async Task One_message_its_reactions_and_texts_and_the_pins_are_asked_for()
    {
        await using var rig = await Talk.TalkingAsync();
        rig.Server.PushChange(Rig.Direct, "bob", 1, new ChangeContent.Edit("better"));
        rig.Server.PushChange(Rig.Direct, "bob", 1, new ChangeContent.Pin(true));
        var message = rig.Server.Log(Rig.Direct)[0];

        Assert.Equal(message, await rig.Client.GetMessageAsync(Rig.Direct, message.MessageId));
        Assert.Equal(["one", "better"], (await rig.Client.GetEditsAsync(Rig.Direct, message.MessageId)).Select(text => text.Text));
        rig.Server.PushChange(Rig.Direct, "bob", 2, new ChangeContent.Pin(true));
        Assert.Equal([rig.Server.Log(Rig.Direct)[1], message], await rig.Client.GetPinsAsync(Rig.Direct));
        var page = await rig.Client.GetReactionsAsync(Rig.Direct, message.MessageId, "❤️", "x");
        Assert.Equal((new ReactionOf(message.MessageId, "❤️", 200), "x"), (Assert.Single(page.Reactions), page.Next));
    }

    [Fact]
    public void Changes_are_read_and_said_as_the_contract_has_them()
    {
        var change = Parse("""
            {"type":"change","messageId":"e","conversationId":"c","seqNo":57,"senderId":"alice","timestamp":1790000000000,"kind":"edit","target":{"messageId":"m","seqNo":42},"text":"hello!","concurrent":true,"clientMsgId":"x"}
            """);

        Assert.Equal(
            new MessageChange("c", 57, "alice", DateTimeOffset.FromUnixTimeMilliseconds(1_790_000_000_000), new MessageTarget("m", 42), new ChangeContent.Edit("hello!", true), "x"),
            change);
        Assert.Equal(
            ["""{"type":"edit","text":"t","basedOn":7,"to":"c","messageId":"m","clientMsgId":"x"}""", """{"type":"react","emoji":"\uD83D\uDC4D","on":true,"to":"c","messageId":"m","clientMsgId":"x"}"""],
            new IClientFrame[] { new EditFrame("c", "m", "x", "t", 7), new ReactFrame("c", "m", "x", Thumb, true) }.Select(frame => JsonSerializer.Serialize(frame, ChatJson.Wire.IClientFrame)));
    }

    private static MessageChange Parse(string json) => ChangeFields.Parse(System.Text.Encoding.UTF8.GetBytes(json)).ToChange();
}
