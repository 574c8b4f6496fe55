using System.Text.Json;
using Chat.Client.Tests.Fakes;
using Chat.EndToEnd.Tests.Running;

namespace Chat.Client.Tests.Log;

public sealed class MutingTests
{
    // To the millisecond, as it travels.
    private static readonly DateTimeOffset Always = DateTimeOffset.FromUnixTimeMilliseconds(253_402_300_799_999);

    [Fact]
    public async Task Muting_asks_the_server_is_shown_and_is_stored_and_ended_again()
    {
        await using var rig = await TalkingAsync();

        await rig.Client.MuteAsync(Rig.Direct, DateTimeOffset.MaxValue);

        Assert.Equal(Always, rig.Server.Muted[Rig.Direct]);
        Assert.True(Conversation(rig).IsMuted(rig.Clock.GetUtcNow()));
        Assert.Equal(Always, (await rig.StoredAsync())!.MutedUntil);

        await rig.Client.MuteAsync(Rig.Direct, null);

        Assert.Empty(rig.Server.Muted);
        Assert.Null(Conversation(rig).MutedUntil);
        Assert.False(Conversation(rig).IsMuted(rig.Clock.GetUtcNow()));
    }

    [Fact]
    public async Task What_another_device_has_set_is_shown_and_reported()
    {
        await using var rig = await TalkingAsync();
        var reported = 0;
        rig.Client.Changed += (_, changed) => reported += changed.What.HasFlag(ChatChange.Conversations) ? 1 : 0;

        rig.Server.Current.Push(new SettingsChanged(Rig.Direct, Always));

        await MutedAsync(rig, Always);
        await Until.TrueAsync(() => Volatile.Read(ref reported) > 0, "it is reported");
        rig.Server.Current.Push(new SettingsChanged(Rig.Direct, DateTimeOffset.UnixEpoch));
        await Until.TrueAsync(() => !Conversation(rig).IsMuted(rig.Clock.GetUtcNow()), "it is muted no more");
    }

    [Fact]
    public async Task What_was_set_while_the_device_was_away_is_in_the_list_after_the_next_connection()
    {
        await using var rig = await TalkingAsync();

        rig.Server.Muted[Rig.Direct] = Always;
        await rig.ReconnectAsync();
        await MutedAsync(rig, Always);

        rig.Server.Muted.Clear();
        await rig.ReconnectAsync();
        await MutedAsync(rig, null);
    }

    [Fact]
    public async Task A_list_that_was_read_before_a_change_does_not_undo_it()
    {
        await using var rig = await TalkingAsync();
        var (asked, answer) = (new TaskCompletionSource(), new TaskCompletionSource());
        rig.Rest.Before = async path =>
        {
            if (!path.StartsWith("/v1/conversations?", StringComparison.Ordinal))
                return;
            asked.TrySetResult();
            await answer.Task;
        };
        rig.Server.Groups[Rig.Group] = "Group";
        rig.Clock.Advance(TimeSpan.FromSeconds(10));
        rig.Server.Current.Push(new ConversationChanged(Rig.Group, "created", Rig.Me));
        await asked.Task.WaitAsync(Until.Patience, TestContext.Current.CancellationToken);

        rig.Server.Current.Push(new SettingsChanged(Rig.Direct, Always));
        await MutedAsync(rig, Always);
        answer.SetResult();

        await Until.TrueAsync(() => rig.Client.FindConversation(Rig.Group)?.Title == "Group", "the list is merged");
        Assert.Equal(Always, Conversation(rig).MutedUntil);
    }

    [Theory]
    [InlineData("""{"type":"settings","conversationId":"dm:alice:bob","mutedUntil":253402300799999}""", 253_402_300_799_999L)]
    [InlineData("""{"type":"settings","conversationId":"dm:alice:bob","mutedUntil":0}""", 0L)]
    [InlineData("""{"type":"settings","conversationId":"dm:alice:bob","archived":true}""", null)]
    public void A_frame_is_read(string json, long? mutedUntil)
    {
        var frame = JsonSerializer.Deserialize(json, ChatJson.Wire.ServerFields)!.ToFrame("settings");

        Assert.Equal(new SettingsChanged(Rig.Direct, mutedUntil is { } ms ? DateTimeOffset.FromUnixTimeMilliseconds(ms) : null), frame);
    }

    private static async Task<Rig> TalkingAsync()
    {
        var rig = await Rig.OnlineAsync(server => server.Append(Rig.Direct, "bob", "hello"));
        await rig.TakenAsync(1);
        return rig;
    }

    private static Conversation Conversation(Rig rig) => rig.Client.FindConversation(Rig.Direct)!;

    private static Task MutedAsync(Rig rig, DateTimeOffset? until) =>
        Until.TrueAsync(() => Conversation(rig).MutedUntil == until, $"muted until {until}");
}
