using System.Text;
using Chat.BuildingBlocks.Errors;
using Chat.BuildingBlocks.Ids;
using Chat.Host.Transports.ClientFrames;
using Chat.Host.Transports.Frames;
using FsCheck;
using FsCheck.Fluent;

namespace Chat.Transports.Tests.Frames;

public sealed class ClientFrameFuzzTests
{
    private static readonly UserId Alice = UserId.Parse("alice");

    private static readonly byte[][] Seeds =
    [
        .. new[]
        {
            """{"type":"message","to":"dm:alice:bob","text":"h\u00e9llo \ud83d\udc4b","clientMsgId":"c1","replyTo":null,"mediaIds":[{"mediaId":"01890a5d-ac96-774b-bcce-b302099a8057","voice":true,"waveform":[0,9,255],"name":"a"},"01890a5d-ac96-774b-bcce-b302099a8058"],"lastSeenSeqNo":41,"mentions":["bob","carol"],"threadId":"01890a5d-ac96-774b-bcce-b302099a8057","forwarded":true}""",
            """{"type":"ack","conversationId":"dm:alice:bob","seqNo":42,"status":"read"}""",
            """{"type":"sync","conversationId":"g:0123456789abcdef0123456789abcdef","after":41,"limit":100}""",
            """{"type":"presence","subscribe":["bob"],"unsubscribe":[],"x":{"y":[1.5e3,true,null]}}""",
            """{"type":"auth","token":"a.b.c"}""",
            """{"type":"edit","to":"@bob","messageId":"01890a5d-ac96-774b-bcce-b302099a8057","text":"t\u00e9","mentions":["@all"],"basedOn":57,"clientMsgId":"c1"}""",
            """{"type":"react","to":"@bob","messageId":"01890a5d-ac96-774b-bcce-b302099a8057","emoji":"\ud83d\udc4b","on":true,"clientMsgId":"c1"}""",
        }.Select(Encoding.UTF8.GetBytes),
    ];

    [Fact]
    public void Any_bytes_are_answered_by_a_frame_or_a_bad_request() =>
        Prop.ForAll<byte[]>(bytes => IsAnswered(bytes ?? [])).QuickCheckThrowOnFailure();

    // Cuts, flips, doublings and mixtures of good frames come further into the parser than bytes at random do.
    [Fact]
    public void Any_mutation_of_a_good_frame_is_answered_by_a_frame_or_a_bad_request()
    {
        var random = new Random(20_260);
        for (var round = 0; round < 100_000; round++)
        {
            var bytes = Seeds[random.Next(Seeds.Length)].ToArray();
            for (var changes = random.Next(1, 5); changes > 0 && bytes.Length > 0; changes--)
                bytes = Mutate(bytes, random);

            Assert.True(IsAnswered(bytes), $"round {round}: {Encoding.Latin1.GetString(bytes)}");
        }
    }

    private static bool IsAnswered(byte[] bytes) =>
        ClientFrameParser.Parse(bytes, Alice) is not RefusedFrame refused || refused.Refusal.Code == ErrorCodes.BadRequest;

    private static byte[] Mutate(byte[] bytes, Random random)
    {
        var at = random.Next(bytes.Length);
        switch (random.Next(5))
        {
            case 0:
                bytes[at] = (byte)random.Next(256);
                return bytes;
            case 1:
                return bytes[..at];
            case 2:
                return [.. bytes[..at], .. bytes[random.Next(bytes.Length)..]];
            case 3:
                return [.. bytes[..at], (byte)"{}[]\",:\\u0d8e-1.\0"[random.Next(17)], .. bytes[at..]];
            default:
                var other = Seeds[random.Next(Seeds.Length)];
                return [.. bytes[..at], .. other[random.Next(other.Length)..]];
        }
    }
}
