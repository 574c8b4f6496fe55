using System.Text.Json;
using System.Text.Json.Serialization;
using Chat.EndToEnd.Tests.Running;

namespace Chat.EndToEnd.Tests.Scenarios;

/// <summary>A script of clients/scenarios: who does what, and what the network and the server do to them.</summary>
/// <param name="Devices">Device → user.</param>
/// <param name="Steps">In order; each ends before the next begins, but what it set going may go on.</param>
internal sealed record Scenario(string About, IReadOnlyDictionary<string, string> Devices, IReadOnlyList<Step> Steps)
{
    private static readonly JsonSerializerOptions _json = new(JsonSerializerDefaults.Web) { UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow };

    public static string Folder => Path.Combine(Repository.Root, "clients", "scenarios");

    public static Scenario Load(string name) =>
        JsonSerializer.Deserialize<Scenario>(File.ReadAllText(Path.Combine(Folder, $"{name}.json")), _json)
        ?? throw new JsonException($"{name}.json is empty.");
}

/// <param name="Do">
/// Of a device: <c>open</c> (for the first time: signs in), <c>send</c>, <c>read</c>, <c>mute</c>, <c>group</c>, <c>edit</c>, <c>delete</c>, <c>react</c>, <c>pin</c>, <c>reload</c> (all but the store is lost),
/// <c>history</c> (to the beginning, with pages in the wrong order). Of the network: <c>wire</c>. Of the server: <c>kill</c>, <c>terminate</c>,
/// <c>start</c>. Of nobody: <c>arrived</c>, <c>settled</c>, <c>settle</c>, which wait.
/// </param>
/// <param name="Device">Whose step it is.</param>
/// <param name="To">Where messages go; what the device's wire becomes: <c>up</c>, <c>down</c>, <c>deaf</c>, <c>mute</c>; for how long a conversation is muted: <c>always</c>, <c>never</c>.</param>
/// <param name="Conversation"><c>@user</c>, or what a group was called <paramref name="As"/>.</param>
/// <param name="Count">Messages to send, or that must have arrived.</param>
/// <param name="From">The user whose messages are counted; whose message is changed, the device's own without it.</param>
/// <param name="Nth">Which of them is changed, from the newest one, 1; deleted ones are not counted.</param>
/// <param name="On">False: a reaction or a pin is taken back.</param>
/// <param name="Note">What the steps from here on show.</param>
internal sealed record Step(
    string? Do,
    string? Device = null,
    string? To = null,
    string? Conversation = null,
    int Count = 1,
    string? From = null,
    int Nth = 1,
    string? Emoji = null,
    bool On = true,
    string? Title = null,
    IReadOnlyList<string>? Members = null,
    string? As = null,
    string? Note = null);
