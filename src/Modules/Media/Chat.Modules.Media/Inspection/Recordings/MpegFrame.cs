namespace Chat.Modules.Media.Inspection.Recordings;

/// <summary>A frame header of MPEG audio (ISO/IEC 11172-3, 13818-3).</summary>
internal sealed record MpegFrame(int Version, int Layer, int BitRate, int Rate, int Bytes, int Samples, int SideBytes)
{
    // kbit/s by version 1 and 2, and by layer.
    private static readonly int[][] BitRates =
    [
        [0, 32, 64, 96, 128, 160, 192, 224, 256, 288, 320, 352, 384, 416, 448],
        [0, 32, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384],
        [0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320],
        [0, 32, 48, 56, 64, 80, 96, 112, 128, 144, 160, 176, 192, 224, 256],
        [0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160],
        [0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160],
    ];

    private static readonly int[] Rates = [44_100, 48_000, 32_000];

    /// <returns>Null if that is no frame, or one of a free bit rate.</returns>
    public static MpegFrame? Read(ReadOnlySpan<byte> bytes)
    {
        // 0 is version 2.5, 2 version 2, 3 version 1; of the layers 1 is III.
        var (version, layer) = ((bytes[1] >> 3) & 3, 4 - ((bytes[1] >> 1) & 3));
        var (bitRateIndex, rateIndex, padding) = (bytes[2] >> 4, (bytes[2] >> 2) & 3, (bytes[2] >> 1) & 1);
        if (bytes[0] != 0xFF || (bytes[1] & 0xE0) != 0xE0 || version == 1 || layer == 4 || bitRateIndex is 0 or 15 || rateIndex == 3)
            return null;
        var isFirst = version == 3;
        var bitRate = 1000 * BitRates[(isFirst ? 0 : 3) + layer - 1][bitRateIndex];
        var rate = Rates[rateIndex] >> (version == 3 ? 0 : version == 2 ? 1 : 2);
        var samples = layer == 1 ? 384 : layer == 3 && !isFirst ? 576 : 1152;
        var length = layer == 1 ? (12 * bitRate / rate + padding) * 4 : samples / 8 * bitRate / rate + padding;
        var isMono = bytes[3] >> 6 == 3;
        return new MpegFrame(version, layer, bitRate, rate, length, samples, (isFirst, isMono) switch { (true, false) => 32, (false, true) => 9, _ => 17 });
    }

    public bool IsOneStreamWith(MpegFrame other) => Version == other.Version && Layer == other.Layer && Rate == other.Rate;
}
