using System.Text;
using Chat.BuildingBlocks.Ids;
using Chat.Host.Transports.ClientFrames;
using Chat.Host.Transports.Frames;
using Chat.Modules.Delivery.Contracts;
using Chat.Modules.Messaging.Contracts;

namespace Chat.Transports.Tests.Frames;

public sealed class FrameAllocationTests
{
    private const string Conversation = "dm:alice:bob";

    private static readonly UserId Alice = UserId.Parse("alice");

    public static TheoryData<string, Func<object>> Frames() => new()
    {
        { """{"type":"ping"}""", () => new PingFrame() },
        { """{"type":"typing","conversationId":"dm:alice:bob","active":true}""", () => new TypingFrame(Parsed(Conversation), true) },
        { """{"type":"ack","conversationId":"dm:alice:bob","seqNo":42,"status":"read"}""",
            () => (Made("read"), new AckPlaceFrame(Parsed(Conversation), new SeqNo(42), AckStatus.Read)).Item2 },
        { """{"type":"message","to":"dm:alice:bob","text":"hello","clientMsgId":"c1"}""",
            () => new MessageFrame(Parsed(Conversation), MessageContent.Of("hello"), Made("c1"), null) },
    };

    [Theory, MemberData(nameof(Frames), DisableDiscoveryEnumeration = true)]
    public void Reading_a_frame_allocates_the_frame_and_its_values_and_nothing_else(string json, Func<object> make)
    {
        var bytes = Encoding.UTF8.GetBytes(json);

        Assert.InRange(AllocatedBy(() => ClientFrameParser.Parse(bytes, Alice)), 1, AllocatedBy(make));
    }

    private static ConversationId Parsed(string id) => ConversationId.Parse(Made(id));

    private static string Made(string text) => new(text.AsSpan());

    // The least of many, as what the runtime does beside it is no part of it.
    private static long AllocatedBy(Func<object> what)
    {
        var least = long.MaxValue;
        for (var i = 0; i < 200; i++)
        {
            var before = GC.GetAllocatedBytesForCurrentThread();
            what();
            least = Math.Min(least, GC.GetAllocatedBytesForCurrentThread() - before);
        }
        return least;
    }
}
