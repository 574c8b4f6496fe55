using System.Text;
using Chat.Client.Tests.Fakes;
using Chat.EndToEnd.Tests.Running;

namespace Chat.Client.Tests.Log;

public sealed class NoticesTests
{
    [Fact]
    public async Task Notices_stand_in_the_timeline_in_their_places_and_are_no_messages()
    {
        await using var rig = await Rig.OnlineAsync(server => server.Groups[Rig.Group] = "Group");
        var created = rig.Server.PushNotice(Rig.Group, "bob", NoticeKinds.Created, value: "Group", userIds: [Rig.Me]);
        rig.Server.Push(Rig.Group, "bob", "two");
        var added = rig.Server.PushNotice(Rig.Group, "bob", NoticeKinds.MemberAdded, userIds: ["carol", "dave"]);
        rig.Server.Push(Rig.Group, "carol", "four");
        using var timeline = rig.Client.OpenTimeline(Rig.Group);
        await ShowsAsync(timeline, [created, added], 2, 4);

        var left = rig.Server.PushNotice(Rig.Group, "dave", NoticeKinds.Left, userId: "dave");
        rig.Server.Current.Push(new ChangeArrived(new MessageChange(Rig.Group, 5, "dave", left.Timestamp, null, null) { Notice = left }));
        await ShowsAsync(timeline, [created, added, left], 2, 4);

        await rig.TakenAsync(5, Rig.Group);
        Assert.True(rig.Client.FindConversation(Rig.Group) is { UnreadCount: 2, MaxSeqNo: 5, LastMessage.SeqNo: 4 });
        Assert.False(timeline.HasOlder);
        await rig.Client.MarkReadAsync(Rig.Group, 2);
        Assert.Equal(1, rig.Client.FindConversation(Rig.Group)!.UnreadCount);
    }

    [Fact]
    public async Task Notices_are_kept_with_the_messages_and_are_there_without_network()
    {
        await using var rig = await Rig.OnlineAsync(server => server.Groups[Rig.Group] = "Group");
        var one = rig.Server.PushNotice(Rig.Group, "bob", NoticeKinds.Created, value: "Group");
        rig.Server.Push(Rig.Group, "bob", "two");
        var three = rig.Server.PushNotice(Rig.Group, "bob", NoticeKinds.RoleChanged, userId: Rig.Me, value: "admin");
        await rig.TakenAsync(3, Rig.Group);
        await rig.CloseAsync();

        rig.Server.RestFault = new HttpRequestException("The network is gone.");
        rig.Server.RefusesConnections = new ChatException(ErrorCodes.Network, "The network is gone.");
        await rig.OpenAsync();
        using var timeline = rig.Client.OpenTimeline(Rig.Group);

        await ShowsAsync(timeline, [one, three], 2);
    }

    [Fact]
    public async Task Notices_come_with_pages_and_below_what_is_shown_they_wait()
    {
        await using var rig = await Rig.OnlineAsync(server =>
        {
            server.Groups[Rig.Group] = "Group";
            server.PushNotice(Rig.Group, "bob", NoticeKinds.Created, value: "Group");
            for (var i = 0; i < 120; i++)
                server.Append(Rig.Group, "bob", $"{i}");
            server.PushNotice(Rig.Group, "bob", NoticeKinds.TitleChanged, value: "Walks");
            server.SetCursor(Rig.Group, 122);
        });
        using var timeline = rig.Client.OpenTimeline(Rig.Group);
        await Until.TrueAsync(() => timeline is { Messages.Count: 49, Notices: [{ What: NoticeKinds.TitleChanged }] }, "the newest page is shown");

        await timeline.LoadDownToAsync(1);

        Assert.Equal((120, 2), (timeline.Messages.Count, timeline.Notices.Count));
        Assert.Equal(rig.Server.Notices(Rig.Group), timeline.Notices);
        rig.Server.Set(Rig.Group, new OwnSettings { ClearedUpTo = 121 });
        await Until.TrueAsync(() => timeline is { Messages.Count: 0, Notices.Count: 1 }, "what is cleared is gone");
    }

    [Fact]
    public void A_frame_is_read()
    {
        var change = ChangeFields.Parse(Encoding.UTF8.GetBytes("""
            {"type":"change","messageId":"n7","conversationId":"g:1","seqNo":7,"senderId":"alice","timestamp":1790000000000,"kind":"notice","what":"memberAdded","userIds":["carol","dave"],"newer":1}
            """)).ToChange();

        Assert.Equal(
            new Notice
            {
                MessageId = "n7", ConversationId = "g:1", SeqNo = 7, SenderId = "alice", Timestamp = DateTimeOffset.FromUnixTimeMilliseconds(1_790_000_000_000),
                What = NoticeKinds.MemberAdded, UserIds = ["carol", "dave"],
            }, change.Notice);
    }

    private static Task ShowsAsync(Timeline timeline, Notice[] notices, params long[] seqNos) => Until.TrueAsync(
        () => timeline.Notices.SequenceEqual(notices) && timeline.Messages.Select(message => message.SeqNo).SequenceEqual(seqNos),
        $"{notices.Length} notices and {seqNos.Length} messages are shown", () => $"{timeline.Notices.Count}, {timeline.Messages.Count}, {timeline.Error}");
}
