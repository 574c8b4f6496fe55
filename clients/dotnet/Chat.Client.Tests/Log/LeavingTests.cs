using System.Net;
using Chat.Client.Tests.Fakes;
using Chat.EndToEnd.Tests.Running;

namespace Chat.Client.Tests.Log;

public sealed class LeavingTests
{
    [Fact]
    public async Task A_group_that_the_list_lacks_and_that_the_server_still_knows_stays_with_what_waits_for_it()
    {
        await using var rig = await InGroupAsync();
        rig.Server.Answer = _ => null;
        await rig.Client.SendAsync(Rig.Group, "mine");

        rig.Server.NotListed.Add(Rig.Group);
        await ListAgainAsync(rig);
        await Until.TrueAsync(() => rig.Rest.Asked.Contains($"GET /v1/groups/{Uri.EscapeDataString(Rig.Group)}"), "the group is asked for");
        await ListAgainAsync(rig);

        Assert.Equal((true, false), (rig.Client.FindConversation(Rig.Group) is not null, rig.Client.FindConversation(Rig.Group)?.IsLeft));
        Assert.Equal(OutgoingState.Waiting, Assert.Single((await rig.Store.OpenAsync(CancellationToken.None)).Outbox).State);
    }

    [Theory]
    [InlineData(HttpStatusCode.NotFound)]
    [InlineData(HttpStatusCode.Forbidden)]
    [InlineData(HttpStatusCode.BadGateway)]
    public async Task A_page_of_a_proxy_is_no_word_about_a_group(HttpStatusCode status)
    {
        await using var rig = await InGroupAsync();

        rig.Server.Groups.Clear();
        rig.Rest.ProxyPage = status;
        await ListAgainAsync(rig);
        await ListAgainAsync(rig);

        Assert.NotNull(rig.Client.FindConversation(Rig.Group));
    }

    [Fact]
    public async Task What_could_not_be_sent_into_a_group_that_was_left_stays_until_its_user_discards_it()
    {
        await using var rig = await InGroupAsync();
        rig.Server.Answer = _ => null;
        var one = await rig.Client.SendAsync(Rig.Group, "one");
        var two = await rig.Client.SendAsync(Rig.Group, "two");
        await rig.Client.SendAsync(Rig.Direct, "other");

        rig.Server.Groups.Clear();
        rig.Server.Current.Push(new ConversationChanged(Rig.Group, "memberRemoved", Rig.Me));
        await Until.TrueAsync(() => rig.Client.FindConversation(Rig.Group) is { IsLeft: true, Title: "Group" }, "the group is left");

        await rig.CloseAsync();
        await rig.OpenAsync();
        await rig.CaughtUpAsync();
        using var timeline = rig.Client.OpenTimeline(Rig.Group);
        Assert.Equal(["one", "two"], timeline.Outgoing.Select(outgoing => outgoing.Text));
        Assert.All(timeline.Outgoing, outgoing => Assert.Equal((OutgoingState.Failed, ErrorCodes.NotAMember), (outgoing.State, outgoing.Error?.Code)));
        Assert.True(rig.Client.FindConversation(Rig.Group)!.IsLeft);

        await rig.Client.DiscardAsync(one.ClientMsgId);
        Assert.NotNull(rig.Client.FindConversation(Rig.Group));
        await rig.Client.DiscardAsync(two.ClientMsgId);
        Assert.Null(rig.Client.FindConversation(Rig.Group));
        Assert.Null(await rig.StoredAsync(Rig.Group));
        Assert.Equal(["other"], (await rig.Store.OpenAsync(CancellationToken.None)).Outbox.Select(outgoing => outgoing.Text));
    }

    [Fact]
    public async Task Who_is_a_member_again_retries_what_could_not_be_sent()
    {
        await using var rig = await InGroupAsync();
        rig.Server.Answer = _ => null;
        var one = await rig.Client.SendAsync(Rig.Group, "one");
        await rig.ReconnectAsync();
        rig.Server.Current.Push(new ConversationChanged(Rig.Group, "memberRemoved", Rig.Me));
        await Until.TrueAsync(() => rig.Client.FindConversation(Rig.Group) is { IsLeft: true }, "the group is left");

        rig.Server.Push(Rig.Group, "carol", "welcome back");
        await Until.TrueAsync(() => rig.Client.FindConversation(Rig.Group) is { IsLeft: false }, "the group is there again");
        rig.Server.Answer = null;
        await rig.Client.RetryAsync(one.ClientMsgId);
        await rig.AdvanceUntilAsync(() => rig.Server.Log(Rig.Group).Any(message => message.Text == "one"), "it is sent");
    }

    [Fact]
    public async Task What_was_refused_is_shown_after_a_new_epoch_where_the_list_has_nothing_of_its_conversation()
    {
        await using var rig = await Rig.OnlineAsync();
        rig.Server.Answer = send => new Refusal(ErrorCodes.Forbidden, "no", send.ClientMsgId, null);
        await rig.Client.SendAsync(Rig.Direct, "one");
        using var timeline = rig.Client.OpenTimeline(Rig.Direct);
        await Until.TrueAsync(() => timeline.Outgoing is [{ State: OutgoingState.Failed }], "it has failed");

        rig.Server.LoseData("e2");
        await rig.ReconnectAsync();

        Assert.Equal(Rig.Direct, Assert.Single(rig.Client.Conversations).Id);
    }

    private static async Task<Rig> InGroupAsync()
    {
        var rig = await Rig.OnlineAsync(server => server.Groups[Rig.Group] = "Group");
        await Until.TrueAsync(() => rig.Client.FindConversation(Rig.Group) is not null, "the group is listed");
        return rig;
    }

    /// <summary>Reads the list again; what follows from the reading before has happened by then.</summary>
    private static async Task ListAgainAsync(Rig rig)
    {
        rig.Server.SetRead(Rig.Direct, rig.Server.Append(Rig.Direct, "bob", "hello").SeqNo);
        var read = rig.Server.Read(Rig.Direct);
        rig.Server.Current.Push(new ConversationChanged(Rig.Direct, "roleChanged", "carol"));
        await rig.AdvanceUntilAsync(() => rig.Client.FindConversation(Rig.Direct)?.ReadSeqNo == read, "the list is merged");
    }
}
