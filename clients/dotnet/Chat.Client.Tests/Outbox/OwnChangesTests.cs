using Chat.Client.Tests.Fakes;
using Chat.EndToEnd.Tests.Running;

namespace Chat.Client.Tests.Outbox;

/// <summary>What the user changes is shown at once, waits in the outbox, and is taken back if it is refused.</summary>
public sealed class OwnChangesTests
{
    private const string Thumb = "👍";

    [Fact]
    public async Task An_own_change_is_shown_at_once_is_sent_and_stays_with_its_ack()
    {
        await using var rig = await Talk.TalkingAsync();
        using var timeline = await Talk.LookAsync(rig);
        rig.Server.AnswerChange = _ => null;

        await rig.Client.EditAsync(timeline.Messages[3], "better");
        await rig.Client.ReactAsync(timeline.Messages[0], Thumb);
        await rig.Client.PinAsync(timeline.Messages[0]);

        Assert.Equal(("better", 0), (timeline.Messages[3].Text, timeline.Messages[3].ChangedSeqNo));
        Assert.Equal([new Reaction(Thumb, 1, [Rig.Me], Mine: true)], timeline.Messages[0].Reactions);
        Assert.True(timeline.Messages[0].Pinned);
        Assert.Equal("better", rig.Client.FindConversation(Rig.Direct)!.LastMessage!.Text);
        Assert.Empty(timeline.Outgoing);
        await Until.TrueAsync(() => Talk.Changes(rig).Length == 1, "the first one is said, and the others wait");

        rig.Server.AnswerChange = null;
        await rig.ReconnectAsync();
        await Talk.NothingWaitsAsync(rig);

        Assert.Equal(Talk.Changes(rig)[0], Talk.Changes(rig)[1]);
        Assert.Equal(3, Talk.Changes(rig).DistinctBy(change => change.ClientMsgId).Count());
        Assert.Equal(rig.Server.Log(Rig.Direct), timeline.Messages);
        Assert.Equal(rig.Server.Log(Rig.Direct), await Talk.StoredAsync(rig));
    }

    [Theory]
    [InlineData(ErrorCodes.TooLate)]
    [InlineData(ErrorCodes.Forbidden)]
    [InlineData(ErrorCodes.Conflict)]
    [InlineData(ErrorCodes.BadRequest)]
    [InlineData(ErrorCodes.TooLarge)]
    [InlineData(ErrorCodes.NotAMember)]
    public async Task Refused_for_good_it_is_taken_back_and_it_is_told_why(string code)
    {
        await using var rig = await Talk.TalkingAsync();
        using var timeline = await Talk.LookAsync(rig);
        var refused = new TaskCompletionSource<RefusedChange>();
        rig.Client.Changed += (_, e) =>
        {
            if (e.Refused is [var change])
                refused.TrySetResult(change);
        };
        rig.Server.AnswerChange = change => new Refusal(code, "No.", change.ClientMsgId, null);

        await rig.Client.EditAsync(timeline.Messages[3], "better");
        await rig.Client.SendAsync(Rig.Direct, "next");

        var told = await refused.Task.WaitAsync(Until.Patience);
        Assert.Equal(new RefusedChange(Rig.Direct, new MessageTarget(timeline.Messages[3].MessageId, 4), new ChangeContent.Edit("better"), new OutgoingError(code, "No.")), told);
        Assert.Equal("four", timeline.Messages[3].Text);
        await Talk.NothingWaitsAsync(rig);
        Assert.Equal("next", rig.Server.Log(Rig.Direct)[^1].Text);
    }

    [Fact]
    public async Task Refused_for_now_it_waits_and_is_sent_again()
    {
        await using var rig = await Talk.TalkingAsync();
        using var timeline = await Talk.LookAsync(rig);
        rig.Server.AnswerChange = change => new Refusal(ErrorCodes.RateLimited, "Slowly.", change.ClientMsgId, TimeSpan.FromSeconds(2));
        await rig.Client.PinAsync(timeline.Messages[0]);
        await Until.TrueAsync(() => Talk.Changes(rig).Length == 1, "it is said");
        rig.Server.AnswerChange = null;

        Assert.True(timeline.Messages[0].Pinned);
        await rig.AdvanceUntilAsync(() => Talk.Changes(rig).Length == 2, "it is said again");

        await Talk.NothingWaitsAsync(rig);
        Assert.Equal(Talk.Changes(rig)[0], Talk.Changes(rig)[1]);
        Assert.True(rig.Server.Log(Rig.Direct)[0].Pinned);
    }

    [Fact]
    public async Task What_was_set_and_taken_back_before_it_went_out_does_not_go_out()
    {
        await using var rig = await Talk.TalkingAsync();
        using var timeline = await Talk.LookAsync(rig);
        await Talk.GoOfflineAsync(rig);

        await rig.Client.ReactAsync(timeline.Messages[0], Thumb);
        await rig.Client.ReactAsync(timeline.Messages[0], "❤️");
        await rig.Client.ReactAsync(timeline.Messages[0], Thumb);
        await rig.Client.PinAsync(timeline.Messages[1]);
        await rig.Client.PinAsync(timeline.Messages[1], false);
        await rig.Client.EditAsync(timeline.Messages[3], "one");
        await rig.Client.EditAsync(timeline.Messages[3], "two");

        Assert.Equal([new ChangeContent.React("❤️", true), new ChangeContent.Edit("two")], await Talk.WaitingAsync(rig));
        await rig.Client.DeleteAsync(timeline.Messages[3]);
        await rig.Client.DeleteAsync(timeline.Messages[3]);
        Assert.Equal([new ChangeContent.React("❤️", true), new ChangeContent.Delete()], await Talk.WaitingAsync(rig));
    }

    [Fact]
    public async Task A_message_that_has_not_gone_out_is_edited_and_deleted_in_the_outbox()
    {
        await using var rig = await Talk.TalkingAsync();
        using var timeline = await Talk.LookAsync(rig);
        await Talk.GoOfflineAsync(rig);
        var one = await rig.Client.SendAsync(Rig.Direct, "one");
        var two = await rig.Client.SendAsync(Rig.Direct, "two");

        await rig.Client.EditAsync(one, "uno");
        await rig.Client.DeleteAsync(two);

        Assert.Equal(["uno"], timeline.Outgoing.Select(outgoing => outgoing.Text));
        Assert.Equal(ErrorCodes.NotFound, (await Assert.ThrowsAsync<ChatException>(() => rig.Client.EditAsync(two, "due"))).Code);
        await rig.AdvanceUntilAsync(() => rig.Sends.Count == 1, "it is said");
        await Talk.NothingWaitsAsync(rig);
        Assert.Equal("uno", Assert.Single(rig.Sends).Text);
        Assert.Empty(Talk.Changes(rig));
    }

    [Fact]
    public async Task One_that_may_have_reached_the_server_is_edited_there_when_its_ack_has_come()
    {
        await using var rig = await Talk.TalkingAsync();
        using var timeline = await Talk.LookAsync(rig);
        rig.Server.LosesAcks = true;
        var outgoing = await rig.Client.SendAsync(Rig.Direct, "one");
        await Until.TrueAsync(() => rig.Sends.Count == 1, "it is said");

        await rig.Client.EditAsync(outgoing, "uno");
        Assert.Equal("uno", Assert.Single(timeline.Outgoing).Text);
        rig.Server.LosesAcks = false;
        await rig.ReconnectAsync();
        await Talk.NothingWaitsAsync(rig);

        Assert.All(rig.Sends, send => Assert.Equal("one", send.Text));
        Assert.IsType<EditFrame>(Assert.Single(Talk.Changes(rig)));
        Assert.Equal("uno", timeline.Messages[^1].Text);
        await rig.Client.EditAsync(outgoing, "one and only");
        await Talk.NothingWaitsAsync(rig);
        Assert.Equal(rig.Server.Log(Rig.Direct), timeline.Messages);
    }

    [Fact]
    public async Task One_that_may_have_reached_the_server_is_deleted_there_and_not_shown_meanwhile()
    {
        await using var rig = await Talk.TalkingAsync();
        using var timeline = await Talk.LookAsync(rig);
        rig.Server.LosesAcks = true;
        var outgoing = await rig.Client.SendAsync(Rig.Direct, "one");
        await Until.TrueAsync(() => rig.Sends.Count == 1, "it is said");

        await rig.Client.DeleteAsync(outgoing);
        Assert.Empty(timeline.Outgoing);
        rig.Server.LosesAcks = false;
        await rig.ReconnectAsync();
        await Talk.NothingWaitsAsync(rig);

        Assert.Equal(Rig.Me, timeline.Messages[^1].Deleted?.By);
        Assert.Equal(rig.Server.Log(Rig.Direct), timeline.Messages);
    }

    [Fact]
    public async Task A_change_outlives_the_client()
    {
        await using var rig = await Talk.TalkingAsync();
        using (var timeline = await Talk.LookAsync(rig))
        {
            await Talk.GoOfflineAsync(rig);
            await rig.Client.ReactAsync(timeline.Messages[0], Thumb);
        }
        await rig.CloseAsync();

        await rig.OpenAsync();
        await Talk.NothingWaitsAsync(rig);

        Assert.Equal([new Reaction(Thumb, 1, [Rig.Me], Mine: true)], rig.Server.Log(Rig.Direct)[0].Reactions);
        Assert.Equal(rig.Server.Log(Rig.Direct), await Talk.StoredAsync(rig));
    }

    [Fact]
    public async Task Whoever_else_deleted_it_a_moment_before_is_shown()
    {
        await using var rig = await Talk.TalkingAsync();
        using var timeline = await Talk.LookAsync(rig);
        rig.Server.Change(Rig.Direct, "bob", 3, new ChangeContent.Delete());

        await rig.Client.DeleteAsync(timeline.Messages[2]);

        await Until.TrueAsync(() => timeline.Messages is [_, _, { Deleted.By: "bob" }, _], "it is known who was first");
        Assert.Equal(rig.Server.Log(Rig.Direct), timeline.Messages);
    }

    [Fact]
    public async Task Whoever_is_removed_from_a_group_has_no_changes_waiting_for_it()
    {
        await using var rig = await Rig.OnlineAsync(server =>
        {
            server.Groups[Rig.Group] = "Group";
            server.Append(Rig.Group, "bob", "one");
        });
        await rig.TakenAsync(1, Rig.Group);
        rig.Server.AnswerChange = _ => null;
        await rig.Client.ReactAsync(rig.Server.Log(Rig.Group)[0], Thumb);

        rig.Server.Groups.Remove(Rig.Group);
        rig.Server.Current.Push(new ConversationChanged(Rig.Group, "memberRemoved", Rig.Me));

        await Talk.NothingWaitsAsync(rig);
        Assert.Null(rig.Client.FindConversation(Rig.Group));
    }
}
