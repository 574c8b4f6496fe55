using System.Net;
using Chat.EndToEnd.Tests.Clients;
using Chat.EndToEnd.Tests.Running;
using Chat.Testing.Push;

namespace Chat.EndToEnd.Tests.Notifications;

/// <summary>The server as a process, and the three platforms, each of which checks what the real one does.</summary>
public sealed class PlatformTests : IAsyncLifetime
{
    private readonly string _folder = Directory.CreateTempSubdirectory("chat-push-").FullName;
    private readonly TestAuthority _authority = new();
    private FakePushService _webPush = null!;
    private FakeFcm _fcm = null!;
    private FakeApns _apns = null!;
    private ServerProcess _server = null!;

    public async ValueTask InitializeAsync()
    {
        (_webPush, _fcm, _apns) = (await FakePushService.StartAsync(_authority), await FakeFcm.StartAsync(), await FakeApns.StartAsync(_authority));
        _server = await ServerProcess.StartAsync(new Dictionary<string, string>
        {
            ["SSL_CERT_FILE"] = _authority.WriteTo(_folder),
            ["Push__AllowPrivateEndpoints"] = "true",
            ["Push__Fcm__Endpoint"] = _fcm.Origin,
            ["Push__Fcm__ServiceAccountFile"] = _fcm.WriteServiceAccountTo(_folder),
            ["Push__Apns__Endpoint"] = _apns.Origin,
            ["Push__Apns__KeyFile"] = _apns.WriteKeyTo(_folder),
            ["Push__Apns__KeyId"] = FakeApns.KeyId,
            ["Push__Apns__TeamId"] = FakeApns.TeamId,
        });
    }

    [Fact]
    public async Task A_browser_an_Android_and_an_iPhone_are_told_the_same_and_one_that_is_gone_is_told_no_more()
    {
        var (alice, browser) = (await Account.RegisterAsync(_server, Account.UniqueId("alice")), await Account.RegisterAsync(_server, Account.UniqueId("bob")));
        var (android, iPhone) = (await browser.LogInAsync("android"), await browser.LogInAsync("iphone"));
        _webPush.ApplicationServerKey = (await browser.Rest.GetAsync("/v1/push/key")).Json.GetProperty("key").GetString();
        var receiver = _webPush.NewReceiver();
        var (androidToken, iPhoneToken) = (_fcm.NewDevice(), _apns.NewDevice());
        await SubscribeAsync(browser, $$"""{"kind":"webpush","endpoint":"{{receiver.Endpoint}}","keys":{"p256dh":"{{receiver.P256dh}}","auth":"{{receiver.Auth}}"},"content":"full"}""");
        await SubscribeAsync(android, $$"""{"kind":"fcm","token":"{{androidToken}}","content":"full"}""");
        await SubscribeAsync(iPhone, $$"""{"kind":"apns","token":"{{iPhoneToken}}","topic":"{{FakeApns.Topic}}","sandbox":true,"content":"full"}""");

        await alice.Rest.SendMessageAsync(alice.DirectTo(browser), "hello", "1");
        await Until.TrueAsync(() => _webPush.Received.Count == 1 && _fcm.Received.Count == 1 && _apns.Received.Count == 1, "a notification on each", Said);

        Assert.All(_webPush.Received.Concat(_fcm.Received).Concat(_apns.Received), told => Assert.Equal(
            ("1", alice.DirectTo(browser), "1", alice.UserId, "hello", "1", "1"),
            (told["v"], told["conversationId"], told["seqNo"], told["title"], told["body"], told["unread"], told["badge"])));
        Assert.Equal((receiver.Endpoint, androidToken, iPhoneToken), (_webPush.Received.Single().Address, _fcm.Received.Single().Address, _apns.Received.Single().Address));

        receiver.IsGone = true;
        _apns.Remove(iPhoneToken);
        await alice.Rest.SendMessageAsync(alice.DirectTo(browser), "again", "2");
        await Until.TrueAsync(() => _server.Output.Split("its subscription has ended").Length == 3, "the end of two subscriptions", Said);
        var (toBrowser, toPhone) = (_webPush.Requests, _apns.Requests);
        await Until.TrueAsync(() => _fcm.Received.Count == 2, "the second notification", Said);
        await alice.Rest.SendMessageAsync(alice.DirectTo(browser), "and again", "3");
        await Until.TrueAsync(() => _fcm.Received.Count == 3, "the third notification", Said);

        Assert.Equal((toBrowser, toPhone), (_webPush.Requests, _apns.Requests));
        Assert.Empty(_webPush.Refused.Concat(_fcm.Refused).Concat(_apns.Refused));
    }

    public async ValueTask DisposeAsync()
    {
        await _server.DisposeAsync();
        await _webPush.DisposeAsync();
        await _fcm.DisposeAsync();
        await _apns.DisposeAsync();
        _authority.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    private static async Task SubscribeAsync(Account device, string body) =>
        (await device.Rest.SendAsync(HttpMethod.Put, "/v1/push", body)).Expect(HttpStatusCode.NoContent);

    private string Said() => $"{_server.Output}\nRefused: {string.Join("; ", _webPush.Refused.Concat(_fcm.Refused).Concat(_apns.Refused))}";
}
