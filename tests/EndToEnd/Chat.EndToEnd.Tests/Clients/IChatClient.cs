using System.Text.Json;

namespace Chat.EndToEnd.Tests.Clients;

/// <summary>One connection of a device through any transport that pushes. A refused command throws <see cref="RefusedException"/>.</summary>
internal interface IChatClient : IAsyncDisposable
{
    /// <summary>What came unasked, in order, under the frames' names.</summary>
    FrameRecord Received { get; }

    /// <param name="message">The fields of a `message` frame.</param>
    /// <returns>The `ack` with status `sent`.</returns>
    Task<JsonElement> SendMessageAsync(object message);

    /// <param name="ack">The fields of an `ack` frame.</param>
    Task AckAsync(object ack);

    Task TypingAsync(object typing);

    /// <returns>The `page`.</returns>
    Task<JsonElement> SyncAsync(object sync);

    Task PresenceAsync(object presence);

    /// <returns>The `authenticated` answer.</returns>
    Task<JsonElement> AuthAsync(string token);
}

/// <summary>The server refused a command, with a code of the protocol.</summary>
internal sealed class RefusedException(string code, string text) : Exception($"{code}: {text}")
{
    public string Code { get; } = code;

    public string Text { get; } = text;
}

internal static class ChatClientCalls
{
    public static Task<JsonElement> SendTextAsync(this IChatClient client, string to, string text, string clientMsgId) =>
        client.SendMessageAsync(new { to, text, clientMsgId });

    public static Task AckAsync(this IChatClient client, string conversationId, long seqNo, string status = "delivered") =>
        client.AckAsync(new { conversationId, seqNo, status });

    /// <summary>Takes the first frame of this type that nobody took, or waits for it.</summary>
    public static Task<Frame> ExpectAsync(this IChatClient client, string type, Func<Frame, bool>? match = null) =>
        client.Received.TakeAsync(type, match);

    /// <summary>Takes the messages of a conversation up to a seqNo, and acks on the way and at the end.</summary>
    /// <param name="ackEvery">Messages between two acks; less than the window, or the server pauses for ever.</param>
    /// <param name="received">Where they go, and what came before.</param>
    public static async Task<List<Frame>> ReceiveUpToAsync(
        this IChatClient client, string conversationId, long seqNo, int ackEvery = 50, List<Frame>? received = null)
    {
        var messages = received ?? [];
        while (messages.Count == 0 || messages[^1].Number("seqNo") < seqNo)
        {
            messages.Add(await client.ExpectAsync("message", m => m.Is("conversationId", conversationId)));
            if (messages.Count % ackEvery == 0)
                await client.AckAsync(conversationId, messages[^1].Number("seqNo"));
        }

        await client.AckAsync(conversationId, messages[^1].Number("seqNo"));
        return messages;
    }
}
