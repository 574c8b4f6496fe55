namespace Chat.BuildingBlocks.Storage.Tests;

/// <summary>What a bad disk, or a hand in the wrong place, does to files.</summary>
internal static class Files
{
    public static void Flip(string path, double where)
    {
        using var file = new FileStream(path, FileMode.Open, FileAccess.ReadWrite);
        file.Position = (long)(file.Length * where);
        var flipped = (byte)(file.ReadByte() ^ 0xff);
        file.Position--;
        file.WriteByte(flipped);
    }

    public static void Cut(string path, long length)
    {
        using var file = new FileStream(path, FileMode.Open, FileAccess.ReadWrite);
        file.SetLength(length);
    }

    public static void Copy(string from, string to)
    {
        Directory.CreateDirectory(to);
        foreach (var file in Directory.GetFiles(from))
            File.Copy(file, Path.Combine(to, Path.GetFileName(file)));
    }
}
