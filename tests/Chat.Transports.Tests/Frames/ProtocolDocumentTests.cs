using System.Runtime.CompilerServices;
using System.Text.RegularExpressions;
using Chat.Host.Transports.ClientFrames;
using Chat.Host.Transports.Frames;
using Chat.Host.Transports.ServerFrames;
using Microsoft.AspNetCore.SignalR;

namespace Chat.Transports.Tests.Frames;

/// <summary>What docs/protocol.md says of the frames, and what the hub offers, are the frames that are registered.</summary>
public sealed partial class ProtocolDocumentTests
{
    private static readonly string[] Lines = File.ReadAllLines(Path.Combine(Path.GetDirectoryName(Here())!, "../../../docs/protocol.md"));

    [Fact]
    public void The_table_of_client_frames_has_each_with_its_hub_method_and_its_properties_and_no_other()
    {
        var rows = Lines.SkipWhile(line => !line.StartsWith("| `type` |", StringComparison.Ordinal)).Skip(2)
            .TakeWhile(line => line.StartsWith('|')).Select(line => line.Split('|'))
            .Select(cells => (Type: Names(cells[1]).Single(), HubMethod: Names(cells[2]).SingleOrDefault(), Properties: Sorted(Names(cells[3]))));

        var registered = ClientFrameRegistry.All
            .Select(frame => (frame.Type, frame.HubMethod, Properties: Sorted(frame.Fields.Select(field => field.Name))));

        Assert.Equal(registered, rows);
    }

    [Fact]
    public void The_examples_of_client_frames_have_each_with_its_properties_and_no_other() => Assert.Equal(
        ClientFrameRegistry.All.Select(frame => $"{frame.Type}: {Sorted(frame.Fields.Select(field => field.Name))}").Order(),
        Examples("Client to server:"));

    [Fact]
    public void The_examples_of_server_frames_have_each_with_its_properties_and_no_other() => Assert.Equal(
        ServerFrameTests.Frames().Select(row => row.Data.Item1)
            .Select(@event => (ServerFrameRegistry.Of(@event).Type, Properties: FrameMap.Encode(@event).Keys))
            .GroupBy(frame => frame.Type, frame => frame.Properties)
            .Select(frame => $"{frame.Key}: {Sorted(frame.SelectMany(properties => properties))}").Order(),
        Examples("Server to client:"));

    [Fact]
    public void The_hub_has_the_methods_of_the_frames_and_no_other() => Assert.Equal(
        ClientFrameRegistry.All.Select(frame => frame.HubMethod).OfType<string>().Order(),
        typeof(Host.Transports.SignalR.ChatHub).GetMethods()
            .Where(method => !method.GetBaseDefinition().DeclaringType!.IsAssignableFrom(typeof(Hub))).Select(method => method.Name).Order());

    [Fact]
    public void No_two_client_frames_have_the_same_type_or_hub_method()
    {
        Assert.Equal(ClientFrameRegistry.All.Count, ClientFrameRegistry.All.DistinctBy(frame => frame.Type).Count());
        Assert.Distinct(ClientFrameRegistry.All.Select(frame => frame.HubMethod).OfType<string>());
    }

    [Fact]
    public void Every_client_frame_is_registered()
    {
        var written = typeof(ClientFrameSpec).Assembly.GetTypes().Where(type => type.IsSubclassOf(typeof(ClientFrame)))
            .Select(type => type.GetField("Spec")?.GetValue(null)).OfType<ClientFrameSpec>();

        Assert.Equal(ClientFrameRegistry.All.Select(frame => frame.Type).Order(), written.Select(frame => frame.Type).Order());
    }

    // One line for each type in the block of examples: the properties of all its examples.
    private static IEnumerable<string> Examples(string heading) => Lines
        .SkipWhile(line => line != heading).Skip(2).TakeWhile(line => line != "```")
        .SelectMany(line => Example().Matches(line))
        .Select(example => (
            Type: example.Groups["type"].Value, Properties: Property().Matches(example.Groups["rest"].Value).Select(property => property.Value)))
        .GroupBy(example => example.Type, example => example.Properties)
        .Select(examples => $"{examples.Key}: {Sorted(examples.SelectMany(properties => properties))}").Order();

    private static string Sorted(IEnumerable<string> names) => string.Join(", ", names.Distinct().Order());

    private static IEnumerable<string> Names(string cell) => Name().Matches(cell).Select(name => name.Value);

    [GeneratedRegex("(?<=`)[^`, ]+(?=`)")]
    private static partial Regex Name();

    [GeneratedRegex(@"\{""type"":""(?<type>\w+)""(?<rest>[^{}]*)")]
    private static partial Regex Example();

    [GeneratedRegex(@"(?<="")\w+(?="":)")]
    private static partial Regex Property();

    private static string Here([CallerFilePath] string path = "") => path;
}
