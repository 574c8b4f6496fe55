using Chat.EndToEnd.Tests.Running;

namespace Chat.Client.Tests.Fakes;

/// <summary>Bob has written three messages, and alice one, and she looks at them.</summary>
internal static class Talk
{
    public static async Task<Rig> TalkingAsync()
    {
        var rig = await Rig.OnlineAsync(server =>
        {
            server.Append(Rig.Direct, "bob", "one");
            server.Append(Rig.Direct, "bob", "two");
            server.Append(Rig.Direct, "bob", "three");
            server.Append(Rig.Direct, Rig.Me, "four", "mine");
        });
        await rig.TakenAsync(4);
        return rig;
    }

    public static async Task<Timeline> LookAsync(Rig rig)
    {
        var timeline = rig.Client.OpenTimeline(Rig.Direct);
        await Until.TrueAsync(() => timeline is { Messages.Count: 4, IsLoading: false }, "it is shown");
        return timeline;
    }

    public static async Task GoOfflineAsync(Rig rig)
    {
        rig.Server.Current.Close();
        await Until.TrueAsync(() => rig.Client.Connection.Status == ConnectionStatus.Offline, "it is offline");
    }

    public static ChangeFrame[] Changes(Rig rig) => [.. rig.Server.Said.OfType<ChangeFrame>()];

    public static Task<IReadOnlyList<Message>> StoredAsync(Rig rig) =>
        rig.Store.ReadAsync(Rig.Direct, new SeqNoRange(1, long.MaxValue), int.MaxValue, CancellationToken.None);

    public static async Task<IEnumerable<ChangeContent>> WaitingAsync(Rig rig) =>
        (await rig.Store.OpenAsync(CancellationToken.None)).Outbox.Select(outgoing => outgoing.Change!.Content);

    public static async Task NothingWaitsAsync(Rig rig)
    {
        await Until.TrueAsync(async () => (await rig.Store.OpenAsync(CancellationToken.None)).Outbox.Count == 0, "nothing waits");
        await rig.SettleAsync();
    }
}
