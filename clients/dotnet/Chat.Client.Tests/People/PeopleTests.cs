using Chat.Client.Tests.Fakes;
using Chat.EndToEnd.Tests.Running;

namespace Chat.Client.Tests.People;

public sealed class PeopleTests
{
    [Fact]
    public async Task Typing_ends_by_itself_after_six_seconds_without_a_word()
    {
        await using var rig = await Rig.OnlineAsync();
        rig.Server.Push(Rig.Direct, "bob", "hello");
        rig.Server.Current.Push(new TypingShown(Rig.Direct, "bob", true));
        await TypingAsync(rig, "bob");

        rig.Clock.Advance(TimeSpan.FromSeconds(5));
        await rig.SettleAsync();
        Assert.Equal(["bob"], rig.Client.FindConversation(Rig.Direct)!.Typing);
        rig.Clock.Advance(TimeSpan.FromSeconds(1));
        await TypingAsync(rig);
    }

    [Fact]
    public async Task It_ends_with_the_message_and_with_the_word()
    {
        await using var rig = await Rig.OnlineAsync();
        rig.Server.Push(Rig.Direct, "bob", "hello");
        rig.Server.Current.Push(new TypingShown(Rig.Direct, "bob", true));
        await TypingAsync(rig, "bob");
        rig.Server.Push(Rig.Direct, "bob", "done");
        await TypingAsync(rig);

        rig.Server.Current.Push(new TypingShown(Rig.Direct, "bob", true));
        await TypingAsync(rig, "bob");
        rig.Server.Current.Push(new TypingShown(Rig.Direct, "bob", false));
        await TypingAsync(rig);
    }

    [Fact]
    public async Task Own_typing_is_told_at_most_every_three_seconds()
    {
        await using var rig = await Rig.OnlineAsync();

        for (var i = 0; i < 10; i++)
            rig.Client.SetTyping(Rig.Direct, true);
        await Until.TrueAsync(() => Told(rig) == 1, "it is told");
        rig.Client.SetTyping(Rig.Direct, true);
        await rig.SettleAsync();
        Assert.Equal(1, Told(rig));

        rig.Clock.Advance(TimeSpan.FromSeconds(3));
        rig.Client.SetTyping(Rig.Direct, true);
        await Until.TrueAsync(() => Told(rig) == 2, "it is told again");
        rig.Client.SetTyping(Rig.Direct, false);
        await Until.TrueAsync(() => Told(rig) == 3, "its end is told");
    }

    [Fact]
    public async Task Presence_is_asked_for_as_wanted_and_again_on_each_connection()
    {
        await using var rig = await Rig.OnlineAsync();
        rig.Client.Watch(["bob", "carol"]);
        await Until.TrueAsync(() => Asked(rig).Count == 1, "it is asked for");
        rig.Server.Current.Push(new PresenceShown("bob", true, null));
        rig.Server.Current.Push(new PresenceShown("dave", true, null));
        await Until.TrueAsync(() => rig.Client.PresenceOf("bob") == new Presence(true, null), "bob is there");
        Assert.Null(rig.Client.PresenceOf("dave"));

        rig.Client.Watch(["bob"]);
        await Until.TrueAsync(() => Asked(rig).Count == 2, "it is asked for no longer");
        Assert.Equal(["carol"], Asked(rig)[1].Unsubscribe!);

        await rig.ReconnectAsync();
        await Until.TrueAsync(() => Asked(rig).Count == 3, "it is asked for again");
        Assert.Equal(["bob"], Asked(rig)[2].Subscribe!);
        Assert.Null(rig.Client.PresenceOf("bob"));
    }

    [Fact]
    public async Task Who_shares_a_conversation_only_now_is_asked_for_again()
    {
        await using var rig = await Rig.OnlineAsync();
        rig.Client.Watch(["bob"]);
        await Until.TrueAsync(() => Asked(rig).Count == 1, "it is asked for");

        rig.Server.Push(Rig.Direct, "bob", "hello");
        rig.Server.Push(Rig.Direct, "bob", "again");
        await rig.TakenAsync(2);
        rig.Clock.Advance(TimeSpan.FromSeconds(1));

        await Until.TrueAsync(() => Asked(rig).Count == 2, "it is asked for again");
        Assert.Equal(["bob"], Asked(rig)[1].Subscribe!);
    }

    private static List<PresenceFrame> Asked(Rig rig) => [.. rig.Server.Said.OfType<PresenceFrame>()];

    private static int Told(Rig rig) => rig.Server.Said.OfType<TypingFrame>().Count();

    private static Task TypingAsync(Rig rig, params string[] users) => Until.TrueAsync(
        () => rig.Client.FindConversation(Rig.Direct) is { } shown && shown.Typing.SequenceEqual(users), $"[{string.Join(", ", users)}] are typing");
}
