namespace Chat.Client;

/// <summary>A file that goes with a message.</summary>
public sealed class FileToSend
{
    internal const string UnknownType = "application/octet-stream";
    private readonly Stream? _content;
    private readonly string _path = "";

    /// <summary>What can be read from a stream, from where it stands to its end. It stays open.</summary>
    public FileToSend(Stream content) => _content = content;

    /// <summary>A file of this machine, with its name.</summary>
    public FileToSend(string path) => (_path, Name) = (path, Path.GetFileName(path));

    /// <summary>What it is called; null for nothing.</summary>
    public string? Name { get; init; }

    /// <summary>What it is thought to be; the server looks at the bytes. Shown while it is uploaded.</summary>
    public string ContentType { get; init; } = UnknownType;

    /// <summary>Pixels as shown, where that is known: shown while it is uploaded.</summary>
    public int? Width { get; init; }

    /// <summary>Pixels as shown, where that is known: shown while it is uploaded.</summary>
    public int? Height { get; init; }

    /// <summary>How long it plays, where that is known.</summary>
    public long? DurationMs { get; init; }

    /// <summary>Whether it is a voice note.</summary>
    public bool Voice { get; init; }

    /// <summary>A voice note's loudness over its length: at most 100 values from 0 to 255; more are left out.</summary>
    public IReadOnlyList<int>? Waveform { get; init; }

    internal async Task<T> ReadAsync<T>(Func<Stream, Task<T>> read)
    {
        if (_content is not null)
            return await read(_content);
        await using var file = File.OpenRead(_path);
        return await read(file);
    }

    internal OutgoingFile Describe(string fileId, long size) => new()
    {
        FileId = fileId, ContentType = ContentType, Size = size, Name = Name, Width = Width, Height = Height, DurationMs = DurationMs, Voice = Voice,
        Waveform = Waveform is null ? null : [.. Waveform.Take(100).Select(loudness => Math.Clamp(loudness, 0, 255))],
    };
}
