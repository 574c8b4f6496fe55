using Chat.Modules.Media.Inspection;

namespace Chat.Modules.Media.Tests.Inspection;

/// <summary>Files that were cut or changed: whatever comes of them, nothing is thrown, and little is read.</summary>
/// <remarks><c>CHAT_FUZZ_ROUNDS</c> sets the number of changed files of each kind; default 40.</remarks>
public sealed class HostileFilesTests : IDisposable
{
    private static readonly int Rounds = int.TryParse(Environment.GetEnvironmentVariable("CHAT_FUZZ_ROUNDS"), out var rounds) ? rounds : 40;

    private readonly InspectorUnderTest _inspector = new();

    public static TheoryData<string> Kinds() => [.. Sample.All().Select(sample => sample.Name)];

    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task A_changed_file_is_inspected_without_a_fault(string kind)
    {
        var sample = Sample.All().Single(one => one.Name == kind).Bytes;
        var random = new Random(kind.Length * 31 + kind[0]);
        for (var round = 0; round < Rounds; round++)
        {
            var changed = Change(sample, random);
            using var file = new CountingStream(changed);

            var inspected = await _inspector.Inspector.InspectAsync(file, TestContext.Current.CancellationToken);

            Assert.NotEmpty(inspected.ContentType);
            Assert.True(inspected.Width is null == inspected.Height is null && inspected is { Width: null or > 0, Height: null or > 0, DurationMs: null or > 0 }, $"{kind}, round {round}: {inspected}");
            Assert.InRange(file.BytesRead, 0, 6L * changed.Length + 1_000_000);
            if (inspected.Stripped is { } stripped)
                Assert.NotEmpty(Sample.Copy(stripped, changed));
        }
    }

    [Fact]
    public async Task A_file_of_a_million_tiny_pieces_is_given_up_on()
    {
        var png = Sample.Picture(SkiaSharp.SKEncodedImageFormat.Png);
        var (gap, text) = (Sample.Chunk("gAMA", [0, 0, 0xB1, 0x8F]), Sample.Chunk("tEXt", "a\0b"u8));
        using var pieces = new MemoryStream();
        pieces.Write(png.AsSpan(0, 33));
        for (var i = 0; i < 200_000; i++)
        {
            pieces.Write(gap);
            pieces.Write(text);
        }
        pieces.Write(png.AsSpan(33));

        var inspected = await _inspector.InspectAsync(pieces.ToArray());

        Assert.Equal(new Inspected(Inspected.PlainFile), inspected);
    }

    [Fact]
    public async Task Boxes_within_boxes_do_not_exhaust_the_stack()
    {
        const int depth = 500_000;
        using var boxes = new MemoryStream();
        boxes.Write([0, 0, 0, 16, .. "ftypisom"u8, 0, 0, 0, 0]);
        for (var i = depth; i > 0; i--)
            boxes.Write([(byte)(i * 8 >> 24), (byte)(i * 8 >> 16), (byte)(i * 8 >> 8), (byte)(i * 8), .. i % 2 == 0 ? "moov"u8 : "trak"u8]);

        var inspected = await _inspector.InspectAsync(boxes.ToArray());

        Assert.Null(inspected.DurationMs);
    }

    [Fact]
    public async Task Boxes_that_say_they_end_after_the_one_they_are_in_are_not_read_again_for_each()
    {
        using var film = new MemoryStream();
        film.Write([.. Box("ftyp", "isom\0\0\0\0isom"u8), .. Box("moov", [
            .. Box("trak", [
                .. Box("tkhd", [0, 0, 0, 0, .. new byte[8], 0, 0, 0, 1, .. new byte[68]]), .. Box("mdia", Box("mdhd", [.. new byte[12], 0, 0, 3, 0xE8, .. new byte[8]])),
            ]),
            .. Box("mvex", []),
        ])]);
        for (var i = 0; i < 20_000; i++)
            film.Write(Box("moof", [0x7F, 0xFF, 0xFF, 0xFF, .. "traf"u8]));
        using var file = new CountingStream(film.ToArray());

        var inspected = await _inspector.Inspector.InspectAsync(file, TestContext.Current.CancellationToken);

        Assert.Null(inspected.DurationMs);
        Assert.InRange(file.BytesRead, 0, 6L * film.Length + 1_000_000);

        static byte[] Box(string name, ReadOnlySpan<byte> body) =>
            [(byte)((body.Length + 8) >> 24), (byte)((body.Length + 8) >> 16), (byte)((body.Length + 8) >> 8), (byte)(body.Length + 8), .. name.Select(c => (byte)c), .. body];
    }

    [Fact]
    public async Task A_picture_of_more_passes_than_any_sound_one_is_a_plain_file()
    {
        var jpeg = Sample.Picture(SkiaSharp.SKEncodedImageFormat.Jpeg);
        var scan = jpeg.AsSpan().IndexOf((ReadOnlySpan<byte>)[0xFF, 0xDA]);
        byte[] bomb = [.. jpeg[..^2], .. Enumerable.Repeat(jpeg[scan..^2], 40).SelectMany(bytes => bytes), .. jpeg[^2..]];

        Assert.Equal(new Inspected(Inspected.PlainFile), await _inspector.InspectAsync(bomb));
    }

    // 8 bytes a pixel are promised; the decoder holds all of an interlaced picture as it is stored, beside the pixels.
    [Theory]
    [InlineData(8, 1, true)]
    [InlineData(16, 0, true)]
    [InlineData(16, 1, false)]
    public async Task A_picture_that_needs_more_memory_than_its_pixels_say_counts_as_a_larger_one(byte depth, byte interlace, bool isDecoded)
    {
        using var small = new InspectorUnderTest(new PictureOptions { MaxPicturePixels = 1_000 });
        using var rows = new MemoryStream();
        using (var compressed = new System.IO.Compression.ZLibStream(rows, System.IO.Compression.CompressionLevel.Fastest, leaveOpen: true))
            compressed.Write(new byte[30 * 30 * 4 * depth / 8 + 100]);
        byte[] png = [.. "\u0089PNG\r\n\u001A\n".Select(c => (byte)c), .. Sample.Chunk("IHDR", [0, 0, 0, 30, 0, 0, 0, 30, depth, 6, 0, 0, interlace]),
            .. Sample.Chunk("IDAT", rows.ToArray()), .. Sample.Chunk("IEND", [])];

        var inspected = await small.InspectAsync(png);

        Assert.Equal(("image/png", 30, 30), (inspected.ContentType, inspected.Width, inspected.Height));
        Assert.Equal(isDecoded, inspected.CanHaveThumbnail);
    }

    [Fact]
    public async Task A_picture_that_takes_too_long_gets_no_more_bytes()
    {
        using var hasty = new InspectorUnderTest(new PictureOptions { DecodeTimeoutMs = 100 }, new HastyClock());

        Assert.Equal(new Inspected(Inspected.PlainFile), await hasty.InspectAsync(Sample.Picture(SkiaSharp.SKEncodedImageFormat.Png, 600, 600)));
    }

    [Fact]
    public async Task A_file_that_cannot_be_read_is_a_fault_and_no_plain_file()
    {
        var picture = Sample.Picture(SkiaSharp.SKEncodedImageFormat.Png, 600, 600);
        using var file = new CountingStream(picture) { FailsAfter = picture.Length + 100_000 };

        await Assert.ThrowsAsync<IOException>(() => _inspector.Inspector.InspectAsync(file, TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task Inspecting_can_be_cancelled()
    {
        using var cancel = new CancellationTokenSource();
        await cancel.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => _inspector.Inspector.InspectAsync(new MemoryStream(Sample.Made("film.mp4")), cancel.Token));
    }

    public void Dispose() => _inspector.Dispose();

    private static byte[] Change(byte[] sample, Random random)
    {
        var changed = sample.ToArray();
        var isHeader = random.Next(2) == 0;
        for (var changes = random.Next(6); changes > 0; changes--)
            changed[random.Next(isHeader ? Math.Min(200, changed.Length) : changed.Length)] = random.Next(3) switch { 0 => 0, 1 => 0xFF, _ => (byte)random.Next(256) };
        if (random.Next(3) == 0)
            changed = changed[..random.Next(changed.Length + 1)];
        if (random.Next(4) == 0 && changed.Length > 16)
        {
            var (from, length) = (random.Next(changed.Length), random.Next(1, 1000));
            length = Math.Min(length, changed.Length - from);
            changed = [.. changed[..from], .. changed[from..(from + length)], .. changed[from..]];
        }
        return changed;
    }

    private sealed class HastyClock : TimeProvider
    {
        private long _seconds;

        public override long TimestampFrequency => 1;

        public override long GetTimestamp() => Interlocked.Increment(ref _seconds);
    }

    private sealed class CountingStream(byte[] bytes) : MemoryStream(bytes, writable: false)
    {
        public long BytesRead { get; private set; }

        public long FailsAfter { get; init; } = long.MaxValue;

        // MemoryStream reads into spans by this one, where it is overridden.
        public override int Read(byte[] buffer, int offset, int count)
        {
            var read = base.Read(buffer, offset, count);
            BytesRead += read;
            return BytesRead > FailsAfter ? throw new IOException("The disk is broken.") : read;
        }
    }
}
