using System.Net.Http.Headers;
using System.Text;
using Chat.Bench.Servers;
using Chat.Bench.Wire;

namespace Chat.Bench.Attacks;

/// <summary>One connection subscribes to as many users as one frame may name, again and again. What does one frame cost the server?</summary>
internal static class PresenceAttack
{
    private const string User = "bench-presence";
    private const int Users = 500;
    private const int Friends = 100;

    public static async Task<int> RunAsync(Arguments arguments, CancellationToken ct)
    {
        var frames = arguments.Int("--frames", 200);
        var path = arguments.Text("--host") ?? Server.DefaultHost;
        arguments.RefuseUnknown();
        await using var server = await Server.StartHostAsync(path, ct);
        await server.Accounts.RegisterAsync([User], ct);
        await WriteAndJoinAsync(server, ct);
        var friends = Enumerable.Range(0, Friends).Select(n => $"bench-friend-{n}");

        await RunAsync(server, "the same users", frames, friends, _ => Strangers(0), ct);
        await RunAsync(server, "strangers that are others each time", frames, friends, Strangers, ct);
        return 0;
    }

    private static IEnumerable<string> Strangers(int round) => Enumerable.Range(0, Users - Friends).Select(n => $"bench-stranger-{round}-{n}");

    private static async Task RunAsync(
        Server server, string name, int frames, IEnumerable<string> friends, Func<int, IEnumerable<string>> strangers, CancellationToken ct)
    {
        using var socket = await server.ConnectAsync(User, ct);
        var answers = new Answers();
        var reading = socket.ReadAsync(answers);
        // The first frames warm it up.
        await SubscribeAsync(frames);
        var before = server.Meter!.Read().Cpu;
        await SubscribeAsync(frames);
        var cpu = server.Meter.Read().Cpu - before;
        Console.WriteLine($"a subscription to {Users}, {name}, {Friends} of them with a conversation: {cpu.TotalMilliseconds / frames:N2} ms of CPU each");
        socket.Dispose();
        await reading;

        async Task SubscribeAsync(int count)
        {
            for (var n = 0; n < count; n++)
            {
                var names = string.Join("\",\"", friends.Concat(strangers(answers.Next)));
                answers.Expect();
                socket.Post(Encoding.UTF8.GetBytes($$"""{"type":"presence","subscribe":["{{names}}"]}"""));
                socket.Post("""{"type":"ping"}"""u8);
                socket.Flush();
                await answers.Ponged.WaitAsync(TimeSpan.FromSeconds(30), ct);
            }
        }
    }

    private static async Task WriteAndJoinAsync(Server server, CancellationToken ct)
    {
        using var http = server.NewHttpClient();
        http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", server.Accounts.TokenOf(User));
        for (var n = 0; n < Friends; n++)
            await PostAsync("/v1/messages", $$"""{"to":"@bench-friend-{{n}}","text":"hello","clientMsgId":"{{n}}"}""");
        for (var n = 0; n < 3; n++)
            await PostAsync("/v1/groups", $$"""{"title":"Group {{n}}","members":["bench-mate-{{n}}"]}""");

        async Task PostAsync(string path, string json)
        {
            using var body = new StringContent(json, Encoding.UTF8, "application/json");
            using var answer = await http.PostAsync(path, body, ct);
            answer.EnsureSuccessStatusCode();
        }
    }

    private sealed class Answers : IFrameHandler
    {
        private TaskCompletionSource _pong = new();

        public int Next { get; private set; }

        public Task Ponged => _pong.Task;

        public void Expect()
        {
            Next++;
            _pong = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        }

        public void OnFrame(ReadOnlySpan<byte> json)
        {
            if (json.IndexOf("\"pong\""u8) >= 0)
                _pong.TrySetResult();
        }
    }
}
