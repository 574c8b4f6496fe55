using Chat.Client.Tests.Fakes;
using Chat.EndToEnd.Tests.Running;

namespace Chat.Client.Tests.Log;

/// <summary>What comes while the list is being read, and what the list then says.</summary>
public sealed class SettingsDuringReadTests
{
    private const string Lists = "/v1/conversations?";
    private const string Mine = "/mine";

    [Fact]
    public async Task A_change_of_one_setting_during_the_read_hides_no_other_that_the_list_has()
    {
        await using var rig = await Talk.TalkingAsync();
        await Talk.GoOfflineAsync(rig);
        rig.Server.Set(Rig.Direct, new OwnSettings { Draft = "old", MutedUntil = NextYear(rig) });
        var answer = await ReconnectAndHoldAsync(rig, Lists);

        rig.Server.Set(Rig.Direct, new OwnSettings { Draft = "new" });
        await Until.TrueAsync(() => rig.Client.FindConversation(Rig.Direct)!.Draft == "new", "the draft is told");
        answer();

        await SettingsAsync(rig, "the rest is told, too");
    }

    [Fact]
    public async Task An_own_change_during_the_read_hides_no_other_setting_that_the_list_has()
    {
        await using var rig = await Talk.TalkingAsync();
        await Talk.GoOfflineAsync(rig);
        var answer = await ReconnectAndHoldAsync(rig, Lists);

        await rig.Client.ChangeSettingsAsync(Rig.Direct, new OwnSettings { Pinned = true });
        answer();

        await Until.TrueAsync(() => rig.Client.Connection.CaughtUp && rig.Rest.Asked.Count(asked => asked.EndsWith("archived=true", StringComparison.Ordinal)) == 2, "the list is read");
        await rig.SettleAsync();
        await SettingsAsync(rig, "it is pinned");
    }

    [Fact]
    public async Task A_deletion_while_the_device_was_away_is_asked_for_also_when_a_frame_of_the_conversation_comes_during_the_read()
    {
        await using var rig = await Talk.TalkingAsync();
        await Talk.GoOfflineAsync(rig);
        rig.Server.Set(Rig.Direct, new OwnSettings { Archived = true, ClearedUpTo = 4, MutedUntil = NextYear(rig) });
        var answer = await ReconnectAndHoldAsync(rig, "archived=true");

        rig.Server.Current.Push(new Advanced(Rig.Direct, 4));
        await rig.SettleAsync();
        await rig.SettleAsync();
        answer();

        await SettingsAsync(rig, "it is deleted");
    }

    [Fact]
    public async Task A_list_from_before_a_message_does_not_archive_again_what_the_message_has_brought_back()
    {
        await using var rig = await Talk.TalkingAsync();
        await rig.Client.ChangeSettingsAsync(Rig.Direct, new OwnSettings { Archived = true });
        await Talk.GoOfflineAsync(rig);
        var answer = await ReconnectAndHoldAsync(rig, "archived=true");

        rig.Server.Push(Rig.Direct, "bob", "five");
        await rig.TakenAsync(5);
        Assert.False(rig.Client.FindConversation(Rig.Direct)!.Archived);
        answer();

        await rig.AdvanceUntilAsync(() => ListReads(rig) > 4, "the list is read again");
        await SettingsAsync(rig, "it is back");
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task What_was_set_for_a_deleted_conversation_while_the_device_was_away_is_known_with_its_next_message(bool muted)
    {
        await using var rig = await Talk.TalkingAsync();
        await rig.Client.ChangeSettingsAsync(Rig.Direct, new OwnSettings { Archived = true, ClearedUpTo = 4 });
        await Talk.GoOfflineAsync(rig);
        rig.Server.Set(Rig.Direct, new OwnSettings { Pinned = true, MutedUntil = muted ? NextYear(rig) : null });
        await rig.ReconnectAsync();

        rig.Server.Push(Rig.Direct, "bob", "five");
        await rig.TakenAsync(5);

        await SettingsAsync(rig, "all is known");
    }

    [Fact]
    public async Task What_could_not_be_asked_about_a_conversation_in_no_list_is_asked_again()
    {
        await using var rig = await Talk.TalkingAsync();
        await Talk.GoOfflineAsync(rig);
        rig.Server.Set(Rig.Direct, new OwnSettings { Archived = true, ClearedUpTo = 4 });
        var failures = 0;
        rig.Rest.Before = path => path.EndsWith(Mine, StringComparison.Ordinal) && Interlocked.Increment(ref failures) == 1
            ? throw new HttpRequestException("scripted")
            : Task.CompletedTask;

        await rig.ReconnectAsync();

        await SettingsAsync(rig, "it is deleted");
    }

    private static DateTimeOffset NextYear(Rig rig) => rig.Clock.GetUtcNow().AddYears(1);

    /// <summary>What is set is known here, without another connection.</summary>
    private static async Task SettingsAsync(Rig rig, string what)
    {
        var connections = rig.Server.Connections.Count;
        await Until.TrueAsync(async () =>
        {
            rig.Clock.Advance(TimeSpan.FromSeconds(1));
            return SettingsRules.AllOf(rig.Server.SettingsOf(Rig.Direct)) == SettingsRules.AllOf(await rig.StoredAsync());
        }, what, () => $"{rig.Server.SettingsOf(Rig.Direct)} {rig.Client.FindConversation(Rig.Direct)}");
        Assert.Equal(connections, rig.Server.Connections.Count);
    }

    private static int ListReads(Rig rig) => rig.Rest.Asked.Count(asked => asked.Contains(Lists, StringComparison.Ordinal));

    /// <summary>Connects again; the first answer whose path has this part is held back.</summary>
    private static async Task<Action> ReconnectAndHoldAsync(Rig rig, string part)
    {
        var (asked, answer) = (new TaskCompletionSource(), new TaskCompletionSource());
        rig.Rest.After = path =>
        {
            if (!path.Contains(part, StringComparison.Ordinal) || !asked.TrySetResult())
                return Task.CompletedTask;
            return answer.Task;
        };
        await rig.AdvanceUntilAsync(() => asked.Task.IsCompleted, "the list is read");
        return answer.SetResult;
    }
}
