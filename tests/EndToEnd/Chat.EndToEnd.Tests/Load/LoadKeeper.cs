using System.Net;
using System.Text.Json;
using Chat.EndToEnd.Tests.Clients;
using Chat.EndToEnd.Tests.History;

namespace Chat.EndToEnd.Tests.Load;

/// <summary>A member of a group who clears, archives and drafts, one after another, each through any server, and tried until it is answered.</summary>
internal sealed class LoadKeeper(Account account, string conversation, LoadClient phone, LoadSettings load, CancellationToken leaving)
{
    private static readonly TimeSpan _pace = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan _pause = TimeSpan.FromMilliseconds(100);

    private int _lastDraft;

    /// <summary>What the user did.</summary>
    public DeviceHistory History { get; } = new(account.UserId, "settings");

    public async Task RunAsync(CancellationToken stop)
    {
        using var timer = new PeriodicTimer(_pace);
        try
        {
            while (await timer.WaitForNextTickAsync(stop))
                await ChangeAsync(Next());
        }
        catch (OperationCanceledException)
        {
            // Told to stop, or to leave.
        }
    }

    /// <summary>The conversation as its user sees it at a server in the end.</summary>
    public async Task<LogView> ReadAsync(LoadReading.Lists lists, Running.ServerProcess server)
    {
        var reader = account.At(server);
        var (others, archived) = (await lists.OfAsync(reader), await lists.OfAsync(reader, archived: true));
        var own = others.TryGetValue(conversation, out var listed) || archived.TryGetValue(conversation, out listed) ? OwnOf(listed) : null;
        return await LoadReading.ReadLogAsync(reader, conversation) with
        {
            IsGuest = true,
            Own = own,
            Listing = others.ContainsKey(conversation) ? Listing.AmongOthers : archived.ContainsKey(conversation) ? Listing.AmongArchived : Listing.Nowhere,
        };
    }

    // What is cleared lies a little below what came last, and now and then below what was cleared before.
    private OwnSettings Next() => Random.Shared.Next(5) switch
    {
        0 when phone.HighestOf(conversation) is > 5 and var highest => new OwnSettings(ClearedUpTo: Math.Max(1, highest - Random.Shared.Next(5, 60))),
        1 => new OwnSettings(Archived: true),
        2 => new OwnSettings(Archived: Random.Shared.Next(3) > 0),
        _ => new OwnSettings(Draft: Random.Shared.Next(4) == 0 ? "" : $"draft {++_lastDraft}"),
    };

    private async Task ChangeAsync(OwnSettings wanted)
    {
        var body = new Dictionary<string, object>();
        if (wanted.ClearedUpTo is { } cleared)
            body.Add("clearedUpTo", cleared);
        if (wanted.Archived is { } archived)
            body.Add("archived", archived);
        if (wanted.Draft is { } draft)
            body.Add("draft", draft);
        var begun = load.Moments.Next();
        while (true)
        {
            var answer = await LoadCalls.TryAsync(rest => rest.PatchAsync($"/v1/conversations/{conversation}/mine", body), account.At(load.Servers[Random.Shared.Next(load.Servers.Count)]));
            if (answer is not null)
            {
                History.Add(new HistoryEvent.SettingsChanged(begun, conversation, wanted, load.Moments.Next(), OwnOf(answer.Expect(HttpStatusCode.OK))));
                return;
            }
            await Task.Delay(_pause, leaving);
        }
    }

    private static OwnSettings OwnOf(JsonElement json) =>
        new(json.NumberOrNull("clearedUpTo") ?? 0, json.TryGetProperty("archived", out var archived) && archived.ValueKind == JsonValueKind.True, json.TextOrNull("draft") ?? "");
}
