using System.Diagnostics;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Runtime.CompilerServices;
using System.Text.Json;
using System.Text.RegularExpressions;
using Chat.BuildingBlocks.Ids;
using Chat.Host.Operations.Upkeep;
using Chat.Host.Tests.Running;
using Chat.Modules.Delivery.Contracts;
using MediatR;

namespace Chat.Host.Tests.Operations;

/// <summary>Stores of different ages, as restores leave them: what is sent afterwards is unread and delivered, whatever the cursors were.</summary>
public sealed class RestoreTests : IAsyncDisposable
{
    private static readonly DeviceAddress Bob = new(UserId.Parse("bob"), DeviceId.Parse("phone"));

    private static readonly string[] _newcomers = ["bob"];

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("chat-test-");
    private readonly TestHost _first;
    private TestHost _host;
    private string _alice = "";
    private string _bob = "";
    private int _sent;

    public RestoreTests() => _host = _first = new TestHost(("Backup:Directory", Path.Combine(_folder.FullName, "backups")));

    private string Data => _first.Data;

    public async ValueTask DisposeAsync()
    {
        await _host.DisposeAsync();
        await _first.DisposeAsync();
        _folder.Delete(recursive: true);
        if (Directory.Exists(Data + ".before"))
            Directory.Delete(Data + ".before", recursive: true);
    }

    [Fact]
    public async Task A_log_that_is_gone_begins_a_new_epoch_and_passes_no_message_over()
    {
        await BeginAsync();
        var group = await JoinAsync();
        await ReadAllAsync(group, 5);

        await RestartAsync(() => Directory.Delete(Path.Combine(Data, "log"), recursive: true));

        await AssertGoesOnAsync("@alice", before: 0);
        await AssertGoesOnAsync(group, before: 0);
    }

    [Fact]
    public async Task An_older_log_beside_newer_cursors_begins_a_new_epoch_and_passes_no_message_over()
    {
        await BeginAsync();
        var copy = Path.Combine(_folder.FullName, "log");
        await RestartAsync(() => CopyFolder(Path.Combine(Data, "log"), copy));
        var group = await JoinAsync();
        await ReadAllAsync(group, 5);

        await RestartAsync(() =>
        {
            Directory.Delete(Path.Combine(Data, "log"), recursive: true);
            CopyFolder(copy, Path.Combine(Data, "log"));
        });

        await AssertGoesOnAsync("@alice", before: 1);
        await AssertGoesOnAsync(group, before: 0);
    }

    [Fact]
    public async Task A_restart_with_all_that_was_there_keeps_the_epoch_and_the_cursors()
    {
        await BeginAsync();
        var epoch = await EpochAsync();
        await ReadAllAsync(Direct, 1);

        await RestartAsync(() => { });

        Assert.Equal(epoch, await EpochAsync());
        Assert.Equal((1, 1), await PlacesAsync(Direct));
    }

    [Fact]
    public async Task A_backup_is_put_back_as_the_documentation_says()
    {
        await BeginAsync();
        var file = (await UploadAsync("a file")).Text("mediaId");
        (await _host.ServiceAsync<UpkeepJobs>()).BackUp();
        var epoch = await EpochAsync();
        for (var i = 0; i < 3; i++)
            await SendAsync("@alice");
        var later = (await UploadAsync("another")).Text("mediaId");
        (await _host.SendAsync(HttpMethod.Delete, $"/v1/media/{file}", _alice)).Expect(HttpStatusCode.NoContent);
        await ReadAllAsync(Direct, 4);
        var copy = Assert.Single(Directory.GetDirectories(Path.Combine(_folder.FullName, "backups")));

        await RestartAsync(() => Run(Documented("mv \"$DATA\""), ("DATA", Data), ("COPY", copy)));

        Assert.NotEqual(epoch, await EpochAsync());
        await AssertGoesOnAsync("@alice", before: 1);
        using var http = new HttpClient { BaseAddress = await _host.AddressAsync() };
        http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", _alice);
        Assert.Equal("a file", await http.GetStringAsync(new Uri($"/v1/media/{file}", UriKind.Relative), TestContext.Current.CancellationToken));
        (await _host.GetAsync($"/v1/media/{later}", _alice)).Expect(HttpStatusCode.NotFound);
        // Equal bytes are found again.
        (await UploadAsync("a file")).Expect(HttpStatusCode.Created);
    }

    [Fact]
    public async Task A_copy_of_all_files_is_put_back_as_the_documentation_says()
    {
        await BeginAsync();
        var copy = Path.Combine(_folder.FullName, "copy");
        await RestartAsync(() => CopyFolder(Data, copy));
        var epoch = await EpochAsync();
        await SendAsync("@alice");
        await ReadAllAsync(Direct, 2);

        await RestartAsync(() =>
        {
            Directory.Delete(Data, recursive: true);
            CopyFolder(copy, Data);
            Run(Regex.Match(Operations, "`(touch [^`]*)`").Groups[1].Value, ("DATA", Data));
        });

        Assert.NotEqual(epoch, await EpochAsync());
        await AssertGoesOnAsync("@alice", before: 1);
    }

    private const string Direct = "dm:alice:bob";

    private static string Operations { get; } = File.ReadAllText(Path.Combine(Path.GetDirectoryName(Here())!, "../../../docs/operations.md"));

    private static string Here([CallerFilePath] string path = "") => path;

    /// <summary>The block of commands that begins so.</summary>
    private static string Documented(string beginning) =>
        Regex.Match(Operations, $"```sh\n({Regex.Escape(beginning)}.*?)```", RegexOptions.Singleline).Groups[1].Value;

    private static void Run(string commands, params (string Name, string Value)[] variables)
    {
        Assert.NotEmpty(commands);
        var start = new ProcessStartInfo("/bin/sh", ["-eu", "-c", commands]);
        foreach (var (name, value) in variables)
            start.Environment[name] = value;
        using var process = Process.Start(start)!;
        process.WaitForExit();
        Assert.Equal(0, process.ExitCode);
    }

    private static void CopyFolder(string from, string to) => Run("cp -a \"$FROM\" \"$TO\"", ("FROM", from), ("TO", to));

    private async Task BeginAsync()
    {
        _alice = (await _host.RegisterAsync("alice")).AccessToken;
        _bob = (await _host.RegisterAsync("bob")).AccessToken;
        await SendAsync("@alice");
    }

    // A group with messages in it before bob comes, and two notices.
    private async Task<string> JoinAsync()
    {
        var group = (await SendAsync(HttpMethod.Post, "/v1/groups", _alice, new { title = "Team", members = Array.Empty<string>(), history = "fromJoin" }))
            .Text("conversationId");
        await SendAsync(group);
        await SendAsync(group);
        (await SendAsync(HttpMethod.Post, $"/v1/groups/{group}/members", _alice, new { members = _newcomers })).Expect(HttpStatusCode.OK);
        await SendAsync(group);
        await ReadAllAsync(Direct, 1);
        return group;
    }

    private async Task RestartAsync(Action meanwhile)
    {
        var next = await _host.RestartAsync(("Backup:Directory", Path.Combine(_folder.FullName, "backups")));
        meanwhile();
        _host = next;
    }

    // As alice; of one conversation with bob.
    private async Task<long> SendAsync(string to) =>
        (await SendAsync(HttpMethod.Post, "/v1/messages", _alice, new { to = to == "@alice" ? "@bob" : to, text = "hello", clientMsgId = $"{++_sent}" }))
            .Expect(HttpStatusCode.Created).Json.GetProperty("seqNo").GetInt64();

    private Task<Answer> UploadAsync(string text) => _host.SendAsync(HttpMethod.Post, "/v1/media/upload", _alice, new StringContent(text));

    private Task<Answer> SendAsync(HttpMethod method, string path, string token, object body) =>
        _host.SendAsync(method, path, token, JsonContent.Create(body));

    private async Task ReadAllAsync(string conversation, long seqNo) => Assert.True((await (await _host.ServiceAsync<IMediator>()).Send(
        new Acknowledge(Bob, ConversationId.Parse(conversation), new SeqNo(seqNo), AckStatus.Read), TestContext.Current.CancellationToken)).IsOk);

    private async Task<JsonElement> ListAsync() => (await _host.GetAsync("/v1/conversations", _bob)).Expect(HttpStatusCode.OK).Json;

    private async Task<string> EpochAsync() => (await ListAsync()).GetProperty("epoch").GetString()!;

    private async Task<(long Delivered, long Read)> PlacesAsync(string conversation)
    {
        var summary = (await ListAsync()).GetProperty("conversations").EnumerateArray()
            .Single(one => one.GetProperty("conversationId").GetString() == conversation);
        return (summary.GetProperty("deliveredSeqNo").GetInt64(), summary.GetProperty("readSeqNo").GetInt64());
    }

    // The next message is above the cursors, and bob sees it.
    private async Task AssertGoesOnAsync(string to, long before)
    {
        var conversation = to == "@alice" ? Direct : to;
        var seqNo = await SendAsync(to);
        Assert.Equal(before + 1, seqNo);
        var (delivered, read) = await PlacesAsync(conversation);
        Assert.True(delivered <= before && read <= before, $"{seqNo} was sent; the cursors are at {delivered} and {read}.");
        var page = (await _host.GetAsync($"/v1/conversations/{conversation}/messages?after={before}", _bob)).Expect(HttpStatusCode.OK).Json;
        Assert.Equal(seqNo, Assert.Single(page.GetProperty("messages").EnumerateArray()).GetProperty("seqNo").GetInt64());
    }
}
