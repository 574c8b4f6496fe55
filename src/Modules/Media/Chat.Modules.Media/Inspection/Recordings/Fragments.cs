using System.Buffers.Binary;

namespace Chat.Modules.Media.Inspection.Recordings;

/// <summary>How long a film in fragments is: its header does not tell, as it is written while recording.</summary>
internal static class Fragments
{
    private const int MaxSamples = 1_000_000;

    /// <returns>Null if there are none that say how long they are.</returns>
    public static double? SecondsOf(FileReader file, Box movie)
    {
        if (FirstTrack(file, movie) is not { } track)
            return null;
        var (units, samples) = (0.0, 0);
        foreach (var fragment in Box.In(file, movie.End, file.Length).Where(box => box.Name == "moof"))
        {
            foreach (var part in Box.In(file, fragment).Where(box => box.Name == "traf"))
                units = Math.Max(units, EndOf(file, part, track, ref samples));
        }
        return units > 0 ? units / track.Scale : null;
    }

    private static Track? FirstTrack(FileReader file, Box movie)
    {
        if (Box.Find(file, movie, "trak", "tkhd") is not { } header || Box.Find(file, movie, "trak", "mdia", "mdhd") is not { } media)
            return null;
        if (!TryRead(file, header.Start + (IsLong(file, header) ? 20 : 12), out var id) || !TryRead(file, media.Start + (IsLong(file, media) ? 20 : 12), out var scale) || scale == 0)
            return null;
        var defaults = Box.Find(file, movie, "mvex") is { } extends
            ? Box.In(file, extends).Where(box => box.Name == "trex").FirstOrDefault(box => TryRead(file, box.Start + 4, out var of) && of == id)
            : null;
        var duration = 0u;
        if (defaults is not null)
            TryRead(file, defaults.Start + 12, out duration);
        return new Track(id, scale, duration);
    }

    // Where the part ends on the track's clock: it begins at tfdt, and its samples are in trun.
    private static double EndOf(FileReader file, Box part, Track track, ref int samples)
    {
        if (Box.Find(file, part, "tfhd") is not { } header || !TryRead(file, header.Start, out var flags) || !TryRead(file, header.Start + 4, out var id) || id != track.Id)
            return 0;
        var duration = track.SampleDuration;
        if ((flags & 8) != 0)
            TryRead(file, header.Start + 8 + ((flags & 1) != 0 ? 8 : 0) + ((flags & 2) != 0 ? 4 : 0), out duration);
        double end = 0;
        if (Box.Find(file, part, "tfdt") is { } time && TryRead(file, time.Start + 4, out var first))
            end = IsLong(file, time) && TryRead(file, time.Start + 8, out var second) ? first * 4294967296.0 + second : first;
        foreach (var run in Box.In(file, part).Where(box => box.Name == "trun"))
            end += UnitsOf(file, run, duration, ref samples);
        return end;
    }

    private static double UnitsOf(FileReader file, Box run, uint duration, ref int samples)
    {
        if (!TryRead(file, run.Start, out var flags) || !TryRead(file, run.Start + 4, out var count))
            return 0;
        if ((flags & 0x100) == 0)
            return (double)count * duration;
        var (offset, sampleBytes) = (run.Start + 8 + ((flags & 1) != 0 ? 4 : 0) + ((flags & 4) != 0 ? 4 : 0), 4 * System.Numerics.BitOperations.PopCount(flags & 0xF00));
        double units = 0;
        for (; count > 0 && samples < MaxSamples && TryRead(file, offset, out var one); count--, samples++, offset += sampleBytes)
            units += one;
        return units;
    }

    private static bool IsLong(FileReader file, Box box) => file.TryRead(box.Start, 1, out var version) && version[0] == 1;

    private static bool TryRead(FileReader file, long offset, out uint value)
    {
        value = 0;
        if (!file.TryRead(offset, 4, out var bytes))
            return false;
        value = BinaryPrimitives.ReadUInt32BigEndian(bytes);
        return true;
    }

    private sealed record Track(uint Id, uint Scale, uint SampleDuration);
}
