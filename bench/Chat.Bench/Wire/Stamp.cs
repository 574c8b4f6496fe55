using System.Buffers;
using System.Buffers.Text;

namespace Chat.Bench.Wire;

/// <summary>
/// The mark on each message, at the head of its text and as its clientMsgId: when it was due (so that no table is needed to
/// measure it; a timestamp of <see cref="System.Diagnostics.Stopwatch"/>), which of its sender's messages it is, and of which
/// run, so that leftovers of an earlier run are told apart.
/// </summary>
internal readonly record struct Stamp(long DueAt, int Index, int Run)
{
    /// <summary>Hexadecimal digits: 16 of the time, 8 of the index, 8 of the run.</summary>
    public const int Length = 32;

    private static readonly StandardFormat Hex16 = new('x', 16);
    private static readonly StandardFormat Hex8 = new('x', 8);

    public void Write(Span<byte> target)
    {
        Utf8Formatter.TryFormat(DueAt, target, out _, Hex16);
        Utf8Formatter.TryFormat(Index, target[16..], out _, Hex8);
        Utf8Formatter.TryFormat(Run, target[24..], out _, Hex8);
    }

    public static bool TryRead(ReadOnlySpan<byte> source, out Stamp stamp)
    {
        stamp = default;
        if (source.Length < Length
            || !Utf8Parser.TryParse(source[..16], out long dueAt, out var timeDigits, 'x') || timeDigits != 16
            || !Utf8Parser.TryParse(source[16..24], out int index, out var indexDigits, 'x') || indexDigits != 8
            || !Utf8Parser.TryParse(source[24..Length], out int run, out var runDigits, 'x') || runDigits != 8)
            return false;
        stamp = new Stamp(dueAt, index, run);
        return true;
    }
}
