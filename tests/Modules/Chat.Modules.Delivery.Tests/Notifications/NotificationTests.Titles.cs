using System.Text;
using System.Text.Json;
using Chat.Modules.Delivery.Notifications;
using Chat.Modules.Delivery.Notifications.Apns;
using Chat.Modules.Delivery.Notifications.Fcm;
using Chat.Modules.Messaging.Contracts;

namespace Chat.Modules.Delivery.Tests.Notifications;

/// <summary>What notifications say of who wrote, and where.</summary>
public sealed partial class NotificationTests
{
    [Fact]
    public async Task In_a_group_the_title_is_the_group_s_and_the_text_begins_with_who_wrote()
    {
        var team = await TellAsync("The team", MessageContent.Of("hello\nbob: I resign"));

        Assert.Equal(("The team", "alice: hello bob: I resign", Alice.User), (team.Title, team.Body, team.Sender));
    }

    [Fact]
    public async Task In_a_group_of_which_only_the_sender_is_told_there_is_no_text()
    {
        var team = await TellAsync("The team", MessageContent.Of("hello"), PushContent.Sender);

        Assert.Equal(("The team", null, Alice.User), (team.Title, team.Body, team.Sender));
        using var payload = JsonDocument.Parse(ApnsMessage.Write(team));
        Assert.Equal("""{"title":"The team","subtitle":"alice","body":"New message"}""", payload.RootElement.GetProperty("aps").GetProperty("alert").GetRawText());
        Assert.Equal("alice", payload.RootElement.GetProperty("sender").GetString());
    }

    [Fact]
    public async Task Where_nothing_is_to_be_said_neither_the_group_nor_the_sender_is()
    {
        var team = await TellAsync("The team", MessageContent.Of("hello"), PushContent.None);

        Assert.Equal((null, null, null), (team.Title, team.Body, team.Sender));
        Assert.DoesNotContain("alice", Encoding.UTF8.GetString(team.ToPayload(4_096)), StringComparison.Ordinal);
    }

    [Fact]
    public async Task In_a_direct_conversation_the_title_is_who_wrote()
    {
        Push.Stores.Subscribe(Phone, content: PushContent.Full);

        Say("hello\nthere");
        await PassAsync(Push.Times.FirstLook);

        var told = Assert.Single(Taken).What;
        Assert.Equal(("alice", "hello\nthere", Alice.User), (told.Title, told.Body, told.Sender));
        using var payload = JsonDocument.Parse(ApnsMessage.Write(told with { Body = null }));
        Assert.Equal("""{"title":"alice","body":"New message"}""", payload.RootElement.GetProperty("aps").GetProperty("alert").GetRawText());
    }

    // Today's rules let only the first two of them through; older versions stored others.
    [Theory]
    [InlineData("קבוצה \u200f(1)", "קבוצה \u200f(1)")]
    [InlineData("a\u0301\u0301\u0301", "a\u0301\u0301\u0301")]
    [InlineData("pay \u202etxt.exe\u202c", "pay txt.exe")]
    [InlineData("\u2067one\u2069 two", "one two")]
    [InlineData("one\r\ntwo\u2028three\0", "one two three")]
    [InlineData("\ud800half", "half")]
    [InlineData("", "alice")]
    [InlineData(" \u200b\u202e\u3164 ", "alice")]
    [InlineData(null, "alice")]
    public async Task A_title_turns_nothing_around_is_one_line_and_never_empty(string? title, string shown)
    {
        var team = await TellAsync(title, MessageContent.Of("hello"));

        Assert.Equal(shown, team.Title);
    }

    [Theory]
    [InlineData("a", "h")]
    [InlineData("\"", "\\")]
    [InlineData("ä", "\u0001")]
    [InlineData("👩", "👩")]
    public async Task A_title_of_10000_characters_is_cut_and_every_platform_takes_the_payload(string character, string text)
    {
        var team = await TellAsync(Many(character, 10_000), MessageContent.Of(Many(text, 10_000)));

        Assert.Equal($"{Many(character, 127)}…", team.Title);
        Assert.All(
            [team.ToPayload(Delivery.Notifications.WebPush.MessageEncryption.MaxPayloadBytes), ApnsMessage.Write(team), DataOf(FcmMessage.Write(new string('t', 2_048), team))],
            payload => Assert.InRange(payload.Length, 500, 4_096));
        using var read = JsonDocument.Parse(team.ToPayload(4_096));
        Assert.StartsWith($"alice: {text}", read.RootElement.GetProperty("body").GetString(), StringComparison.Ordinal);
    }

    private static string Many(string character, int times) => new StringBuilder().Insert(0, character, times).ToString();

    private static byte[] DataOf(byte[] message)
    {
        using var json = JsonDocument.Parse(message);
        return Encoding.UTF8.GetBytes(json.RootElement.GetProperty("message").GetProperty("data").GetRawText());
    }

    private async Task<PushNotification> TellAsync(string? title, MessageContent content, PushContent asked = PushContent.Full)
    {
        Push.Stores.Subscribe(Phone, content: asked);
        var group = _world.Group("alice", "bob");
        _world.Titles[group] = title;
        Note(_world.Append(group, Alice, content));
        await PassAsync(Push.Times.FirstLook);
        return Assert.Single(Taken).What;
    }
}
