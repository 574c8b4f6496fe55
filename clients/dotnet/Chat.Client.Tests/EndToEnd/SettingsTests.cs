using Chat.EndToEnd.Tests.Running;

namespace Chat.Client.Tests.EndToEnd;

public sealed class SettingsTests(ChatServer server)
{
    [Theory]
    [InlineData(ChatTransport.SignalR)]
    [InlineData(ChatTransport.WebSocket)]
    public async Task What_a_user_has_set_for_a_conversation_is_on_all_of_its_devices(ChatTransport transport)
    {
        var host = await server.GetAsync();
        await using var bob = await ChatServer.NewUserAsync(host, transport, "bob");
        await using var laptop = await ChatServer.NewUserAsync(host, transport, "alice");
        await using var phone = await ChatServer.OpenAsync(host, transport);
        await phone.SignInAsync(laptop.Session!.UserId, ChatServer.Password);
        await ChatServer.OnlineAsync(phone);
        var id = (await bob.SendAsync($"@{laptop.Session.UserId}", "one")).ConversationId;
        using var onPhone = phone.OpenTimeline(id);
        await ChatServer.ShowsAsync(onPhone, "one");
        await Until.TrueAsync(() => laptop.FindConversation(id) is { MaxSeqNo: 1 }, "the laptop has it, too");

        await laptop.ChangeSettingsAsync(id, new OwnSettings { Archived = true, Pinned = true, MarkedUnread = true, Draft = "well" });
        await Until.TrueAsync(
            () => phone.FindConversation(id) is { Archived: true, Pinned: true, MarkedUnread: true, Draft: "well" } shown && phone.Archived.Contains(shown)
                && phone.Conversations.Count == 0,
            "the phone is told");

        await bob.SendAsync(id, "two");
        await Until.TrueAsync(() => new[] { laptop, phone }.All(device => device.Conversations is [{ Archived: false, LastMessage.Text: "two" }]), "it comes back");

        await phone.MarkReadAsync(id, 2);
        await phone.ChangeSettingsAsync(id, new OwnSettings { ClearedUpTo = 1, Pinned = false, Draft = "" });
        await ChatServer.ShowsAsync(onPhone, "two");
        await Until.TrueAsync(
            () => laptop.FindConversation(id) is { ClearedUpTo: 1, Pinned: false, MarkedUnread: false, Draft: null, UnreadCount: 0 }, "the laptop is told");
        using var onLaptop = laptop.OpenTimeline(id);
        await onLaptop.LoadDownToAsync(1);
        await ChatServer.ShowsAsync(onLaptop, "two");

        await laptop.ChangeSettingsAsync(id, new OwnSettings { Archived = true, ClearedUpTo = 2 });
        await Until.TrueAsync(() => new[] { laptop, phone }.All(device => device.Conversations.Count + device.Archived.Count == 0), "it is deleted");
        Assert.Empty(onLaptop.Messages);
    }
}
