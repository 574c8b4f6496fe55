namespace Chat.Client;

/// <summary>Keeps files in a folder that only the user may read.</summary>
internal sealed class FolderFiles(string folder) : IKeptFiles
{
    private const UnixFileMode Private = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    public async Task<long> PutAsync(string key, Stream content, CancellationToken ct)
    {
        if (OperatingSystem.IsWindows())
            Directory.CreateDirectory(folder);
        else
            Directory.CreateDirectory(folder, Private | UnixFileMode.UserExecute);
        var options = new FileStreamOptions { Mode = FileMode.Create, Access = FileAccess.Write, Share = FileShare.ReadWrite | FileShare.Delete, Options = FileOptions.Asynchronous };
        if (!OperatingSystem.IsWindows())
            options.UnixCreateMode = Private;
        await using var file = new FileStream(PathOf(key), options);
        await content.CopyToAsync(file, ct);
        file.Flush(flushToDisk: true);
        return file.Length;
    }

    public Task<Stream?> OpenAsync(string key, CancellationToken ct)
    {
        try
        {
            return Task.FromResult<Stream?>(new FileStream(PathOf(key), new FileStreamOptions
            {
                Mode = FileMode.Open, Access = FileAccess.Read, Share = FileShare.ReadWrite | FileShare.Delete, Options = FileOptions.Asynchronous,
            }));
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            return Task.FromResult<Stream?>(null);
        }
    }

    public Task DeleteAsync(IReadOnlyCollection<string> keys, CancellationToken ct)
    {
        if (!Directory.Exists(folder))
            return Task.CompletedTask;
        foreach (var key in keys)
            File.Delete(PathOf(key));
        return Task.CompletedTask;
    }

    public Task<IReadOnlyList<string>> GetKeysAsync(CancellationToken ct) =>
        Task.FromResult<IReadOnlyList<string>>(Directory.Exists(folder) ? [.. Directory.EnumerateFiles(folder).Select(file => Path.GetFileName(file))] : []);

    public void Clear()
    {
        if (Directory.Exists(folder))
            Directory.Delete(folder, recursive: true);
    }

    private string PathOf(string key) => key.Length is >= 1 and <= 100 && key.All(letter => char.IsAsciiLetterOrDigit(letter) || letter == '-')
        ? Path.Combine(folder, key)
        : throw new ArgumentException("A key has 1 to 100 ASCII letters, digits and hyphens.", nameof(key));
}
