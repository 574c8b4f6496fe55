using Chat.BuildingBlocks.Storage.Cql.Client;
using Chat.BuildingBlocks.Storage.Tests.Cql.Fakes;
using FsCheck;
using FsCheck.Fluent;

namespace Chat.BuildingBlocks.Storage.Tests.Cql;

/// <summary>However bytes are cut up, and whatever they are.</summary>
public sealed class FrameDecoderTests
{
    private static readonly Config Often = Config.QuickThrowOnFailure.WithMaxTest(300);

    // Bodies on both sides of a segment's size, more of them small.
    private static readonly Gen<byte[]> Body = Gen.Frequency(
        (8, Gen.Choose(0, 200)), (2, Gen.Choose(1000, 40_000)), (1, Gen.Choose(SegmentHeader.MaxPayload - 12, SegmentHeader.MaxPayload + 12)), (1, Gen.Choose(130_000, 400_000)))
        .SelectMany(length => Gen.Choose(0, int.MaxValue).Select(seed => Bytes(seed, length)));

    private static readonly Gen<byte[][]> Bodies = Gen.Choose(0, 6).SelectMany(count => Gen.ArrayOf(Body, count));

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Frames_come_out_as_they_went_in_however_they_are_cut(bool segmented) => Check.One(Often.WithMaxTest(100), Prop.ForAll(
        Gen.Zip(Bodies, Gen.Choose(0, int.MaxValue)).ToArbitrary(), input =>
        {
            var (bodies, seed) = input;
            var frames = bodies.Select((body, i) => Wire.Frame(segmented ? 5 : 4, i, Opcode.Result, body)).ToList();
            byte[] bytes = segmented ? [.. Together(frames, new Random(seed))] : [.. frames.SelectMany(frame => frame)];

            var seen = Decode(bytes, segmented, new Random(seed));

            Assert.Equal(bodies.Length, seen.Count);
            for (var i = 0; i < bodies.Length; i++)
            {
                Assert.Equal(i, seen[i].Stream);
                Assert.True(bodies[i].AsSpan().SequenceEqual(seen[i].Body));
            }
        }));

    [Fact]
    public void A_flipped_bit_in_a_segment_is_noticed() => Check.One(Often, Prop.ForAll(
        Gen.Zip(Gen.Choose(1, 300), Gen.Choose(0, int.MaxValue)).ToArbitrary(), input =>
        {
            var (length, seed) = input;
            var random = new Random(seed);
            var bytes = Wire.Segment(Wire.Frame(5, 1, Opcode.Result, Bytes(seed, length)));
            var bit = random.Next(bytes.Length * 8);
            bytes[bit / 8] ^= (byte)(1 << bit % 8);

            Assert.Throws<InvalidDataException>(() => Decode(bytes, segmented: true, random));
        }));

    [Theory]
    [InlineData(false, false)]
    [InlineData(false, true)]
    [InlineData(true, false)]
    [InlineData(true, true)]
    public void Any_bytes_are_frames_or_refused(bool segmented, bool compressed) => Check.One(Often, Prop.ForAll(
        Gen.Zip(Gen.Choose(0, 2000), Gen.Choose(0, int.MaxValue)).ToArbitrary(), input =>
        {
            var (length, seed) = input;
            var bytes = Bytes(seed, length);

            // Half of them begin like a frame, else none would get far.
            if (seed % 2 == 0)
                Wire.Frame(5, seed, Opcode.Result, [], flags: seed >> 8)[..8].AsSpan(0, Math.Min(8, length)).CopyTo(bytes);
            var before = GC.GetAllocatedBytesForCurrentThread();
            try
            {
                Decode(segmented && seed % 3 == 0 ? Wire.Segment(bytes) : bytes, segmented, new Random(seed), compressed);
            }
            catch (InvalidDataException)
            {
                // Refused.
            }
            Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 4_000_000);
        }));

    [Fact]
    public void A_body_longer_than_any_answer_is_refused_before_it_is_waited_for()
    {
        byte[] header = [0x84, 0, 0, 1, (byte)Opcode.Result, 0x7F, 0xFF, 0xFF, 0xFF];

        Assert.Throws<InvalidDataException>(() => Decode(header, segmented: false, new Random(1)));
    }

    [Fact]
    public void A_large_frame_that_is_broken_off_is_refused()
    {
        var large = Wire.Segment(Wire.Frame(5, 1, Opcode.Result, new byte[200_000]).AsSpan(0, 100_000), selfContained: false);
        var small = Wire.Segment(Wire.Frame(5, 2, Opcode.Result, [1]));

        Assert.Throws<InvalidDataException>(() => Decode([.. large, .. small], segmented: true, new Random(1)));
    }

    private static byte[] Bytes(int seed, int length)
    {
        var bytes = new byte[length];
        new Random(seed).NextBytes(bytes);
        return bytes;
    }

    // Small frames share a segment now and then.
    private static IEnumerable<byte> Together(List<byte[]> frames, Random random)
    {
        var gathered = new List<byte>();
        foreach (var frame in frames)
        {
            if (gathered.Count + frame.Length > SegmentHeader.MaxPayload || random.Next(3) == 0)
            {
                if (gathered.Count > 0)
                {
                    foreach (var one in Wire.Segment(gathered.ToArray()))
                        yield return one;
                }
                gathered.Clear();
            }
            if (frame.Length <= SegmentHeader.MaxPayload)
            {
                gathered.AddRange(frame);
                continue;
            }
            foreach (var one in Wire.Segments(frame))
                yield return one;
        }
        if (gathered.Count > 0)
        {
            foreach (var one in Wire.Segment(gathered.ToArray()))
                yield return one;
        }
    }

    // As the read loop does: pieces of any size, what is not consumed comes again with more behind it.
    private static List<(int Stream, byte[] Body)> Decode(byte[] bytes, bool segmented, Random random, bool compressed = false)
    {
        var sink = new Sink();
        var decoder = new FrameDecoder(sink, compressed) { Segmented = segmented };
        var (start, end) = (0, 0);
        while (end < bytes.Length)
        {
            end = Math.Min(bytes.Length, end + 1 + random.Next(random.Next(4) == 0 ? 20 : 50_000));
            var consumed = decoder.Consume(bytes.AsSpan(start, end - start));
            Assert.InRange(consumed, 0, end - start);
            start += consumed;
        }
        return sink.Frames;
    }

    private sealed class Sink : IFrameSink
    {
        public List<(int Stream, byte[] Body)> Frames { get; } = [];

        public void OnFrame(in FrameHeader header, ReadOnlySpan<byte> body)
        {
            Assert.Equal(header.Length, body.Length);
            Frames.Add((header.Stream, body.ToArray()));
        }
    }
}
