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

        Assert.Equal(Always, rig.Server.SettingsOf(Rig.Direct).MutedUntil);
        Assert.True(Conversation(rig).IsMuted(rig.Clock.GetUtcNow()));
        Assert.Equal(Always, (await rig.StoredAsync())!.MutedUntil);

        await rig.Client.MuteAsync(Rig.Direct, null);

        Assert.Null(rig.Server.SettingsOf(Rig.Direct).MutedUntil);
        Assert.Null(Conversation(rig).MutedUntil);
        Assert.False(Conversation(rig).IsMuted(rig.Clock.GetUtcNow()));
    }

    [Fact]
    public async Task What_another_device_has_set_is_shown_and_reported()
    {
        await using var rig = await TalkingAsync();
        var reported = 0;
        rig.Client.Changed += (_, changed) => reported += changed.What.HasFlag(ChatChange.Conversations) ? 1 : 0;

        rig.Server.Current.Push(Muted(Always));

        await MutedAsync(rig, Always);
        await Until.TrueAsync(() => Volatile.Read(ref reported) > 0, "it is reported");
        rig.Server.Current.Push(Muted(DateTimeOffset.UnixEpoch));
        await Until.TrueAsync(() => !Conversation(rig).IsMuted(rig.Clock.GetUtcNow()), "it is muted no more");
    }

    [Fact]
    public async Task What_was_set_while_the_device_was_away_is_in_the_list_after_the_next_connection()
    {
        await using var rig = await TalkingAsync();

        await Talk.GoOfflineAsync(rig);
        rig.Server.Set(Rig.Direct, new OwnSettings { MutedUntil = Always });
        await rig.ReconnectAsync();
        await MutedAsync(rig, Always);

        await Talk.GoOfflineAsync(rig);
        rig.Server.Set(Rig.Direct, new OwnSettings { MutedUntil = DateTimeOffset.UnixEpoch });
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

        rig.Server.Current.Push(Muted(Always));
        await MutedAsync(rig, Always);
        answer.SetResult();

        await Until.TrueAsync(() => rig.Client.FindConversation(Rig.Group)?.Title == "Group", "the list is merged");
        Assert.Equal(Always, Conversation(rig).MutedUntil);
    }

    [Theory]
    [InlineData("""{"type":"settings","conversationId":"dm:alice:bob","mutedUntil":253402300799999}""", 253_402_300_799_999L)]
    [InlineData("""{"type":"settings","conversationId":"dm:alice:bob","mutedUntil":0}""", 0L)]
    [InlineData("""{"type":"settings","conversationId":"dm:alice:bob","archived":true,"draft":""}""", null, true, "")]
    [InlineData("""{"type":"settings","conversationId":"dm:alice:bob","clearedUpTo":null,"archived":false}""", null, false)]
    public void A_frame_is_read(string json, long? mutedUntil, bool? archived = null, string? draft = null)
    {
        var frame = JsonSerializer.Deserialize(json, ChatJson.Wire.ServerFields)!.ToFrame("settings");

        DateTimeOffset? until = mutedUntil is { } ms ? DateTimeOffset.FromUnixTimeMilliseconds(ms) : null;
        Assert.Equal(new SettingsChanged(Rig.Direct, new OwnSettings { MutedUntil = until, Archived = archived, Draft = draft }), frame);
    }

    private static async Task<Rig> TalkingAsync()
    {
        var rig = await Rig.OnlineAsync(server => server.Append(Rig.Direct, "bob", "hello"));
        await rig.TakenAsync(1);
        return rig;
    }

    private static SettingsChanged Muted(DateTimeOffset until) => new(Rig.Direct, new OwnSettings { MutedUntil = until });

    private static Conversation Conversation(Rig rig) => rig.Client.FindConversation(Rig.Direct)!;

    private static Task MutedAsync(Rig rig, DateTimeOffset? until) =>
        Until.TrueAsync(() => Conversation(rig).MutedUntil == until, $"muted until {until}");
}
