using System.Globalization;
using System.Text.Json;
using Chat.EndToEnd.Tests.Clients;
using Chat.EndToEnd.Tests.Running;

namespace Chat.EndToEnd.Tests.Scenarios;

/// <summary>Plays a scenario with the devices of one library against a server, each behind a wire of its own.</summary>
internal sealed class ScenarioPlayer(Scenario scenario, ServerProcess server, IScriptedClients clients) : IAsyncDisposable
{
    // Hundreds of messages of a conversation go one after another.
    private static readonly TimeSpan _settlePatience = TimeSpan.FromMinutes(5);

    private readonly Dictionary<string, BadWire> _wires = [];
    private readonly Dictionary<string, string> _groups = [];
    private readonly Dictionary<string, Account> _users = [];
    private readonly List<string> _sent = [];
    private int _count;
    private int _edits;
    private int _serverStarts = 1;

    /// <summary>Every text that a device took, as last edited; not of what was deleted.</summary>
    public IReadOnlyList<string> Sent => _sent;

    /// <summary>The opened devices and their users.</summary>
    public IEnumerable<(string Device, Account User)> Opened => _wires.Keys.Select(device => (device, _users[scenario.Devices[device]]));

    public async Task PlayAsync()
    {
        foreach (var (step, number) in scenario.Steps.Select((step, i) => (step, i + 1)))
        {
            if (step.Do is null)
                continue;
            try
            {
                await PlayAsync(step);
            }
            catch (Exception e) when (e is not OperationCanceledException)
            {
                throw new InvalidOperationException($"Step {number} ({step.Do} {step.Device}) failed: {e.Message}\n{server.Output}", e);
            }
        }
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var wire in _wires.Values)
            await wire.DisposeAsync();
    }

    private Task PlayAsync(Step step) => step.Do switch
    {
        "open" => OpenAsync(step.Device!),
        "group" => CreateGroupAsync(step),
        "send" => SendAsync(step),
        "read" => clients.ReadAsync(step.Device!, Conversation(step.Device!, step.Conversation!)),
        "mute" => clients.MuteAsync(step.Device!, Conversation(step.Device!, step.Conversation!), step.To == "always"),
        "edit" or "delete" or "react" or "pin" => ChangeAsync(step),
        "reload" => clients.ReloadAsync(step.Device!),
        "history" => clients.ReadHistoryAsync(step.Device!, Conversation(step.Device!, step.Conversation!)),
        "wire" => Become(step),
        "kill" => server.KillHardAsync(),
        "terminate" => TerminateAsync(),
        "start" => StartAsync(),
        "arrived" => ArrivedAsync(step),
        "settled" => SettledAsync(step.Device!),
        "settle" => Task.WhenAll(_wires.Keys.Select(SettledAsync)),
        _ => throw new JsonException($"No such step: {step.Do}"),
    };

    private async Task OpenAsync(string device)
    {
        var userId = scenario.Devices[device];
        var isNew = !_users.ContainsKey(userId);
        _wires[device] = new BadWire(server.Address);
        await clients.OpenAsync(device, _wires[device].Address, new SignIn(userId, Account.Password, isNew));
        // The judge's own way in: a device that never connects.
        if (isNew)
            _users[userId] = await Account.LogInAsync(server, userId, "judge");
    }

    private async Task CreateGroupAsync(Step step) =>
        _groups[step.As!] = await clients.CreateGroupAsync(step.Device!, step.Title!, step.Members!);

    private async Task SendAsync(Step step)
    {
        var from = scenario.Devices[step.Device!];
        var texts = Enumerable.Range(_count + 1, step.Count).Select(n => string.Create(CultureInfo.InvariantCulture, $"{n} from {from}")).ToList();
        _count += step.Count;
        _sent.AddRange(texts);
        await clients.SendAsync(step.Device!, _groups.GetValueOrDefault(step.To!, step.To!), texts);
    }

    private async Task ChangeAsync(Step step)
    {
        var user = scenario.Devices[step.Device!];
        var text = step.Do == "edit" ? string.Create(CultureInfo.InvariantCulture, $"edit {++_edits} by {user}") : null;
        var change = new ScriptedChange(step.Do!, step.From ?? user, step.Nth, text, step.Emoji, step.On);
        var before = await clients.ChangeAsync(step.Device!, Conversation(step.Device!, step.Conversation!), change);
        if (step.Do is "edit" or "delete")
            Assert.True(_sent.Remove(before), $"{before} is no text of a message.");
        if (text is not null)
            _sent.Add(text);
    }

    private Task Become(Step step)
    {
        _wires[step.Device!].Become(Enum.Parse<WireState>(step.To!, ignoreCase: true));
        return Task.CompletedTask;
    }

    private async Task TerminateAsync()
    {
        server.Terminate();
        Assert.Equal(0, await server.ExitAsync());
    }

    private async Task StartAsync()
    {
        await server.StartAgainAsync();
        _serverStarts++;
    }

    /// <summary>Waits until a device shows so many messages of a user.</summary>
    private Task ArrivedAsync(Step step) => Until.TrueAsync(
        async () => (await clients.StateAsync(step.Device!)).Conversations
            .FirstOrDefault(c => c.Id == Conversation(step.Device!, step.Conversation!))?.Messages
            .Count(m => m.SenderId == step.From) >= step.Count,
        $"{step.Count} messages from {step.From} are on {step.Device}");

    /// <summary>Waits until a device is online, has everything that waited, and has sent what it had to send.</summary>
    private Task SettledAsync(string device)
    {
        DeviceState? last = null;
        return Until.TrueAsync(
            async () => (last = await clients.StateAsync(device)) is { Status: "online", CaughtUp: true } && last.Conversations.All(c => c.Waiting == 0),
            $"{device} has settled",
            () => $"It is {last?.Status}, caught up: {last?.CaughtUp}; {string.Join(", ", last?.Conversations.Select(c => $"{c.Id} waits for {c.Waiting}") ?? [])}.",
            _settlePatience);
    }

    private string Conversation(string device, string name) =>
        name.StartsWith('@') ? Account.Direct(scenario.Devices[device], name[1..]) : _groups[name];
}
