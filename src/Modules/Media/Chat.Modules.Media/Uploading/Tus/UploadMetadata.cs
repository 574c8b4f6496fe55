using System.Text;

namespace Chat.Modules.Media.Uploading.Tus;

/// <summary><c>Upload-Metadata</c> (tus 1.0.0, extension creation): keys, each with its value in Base64. Of these, the name is used; the type is told by the bytes.</summary>
internal static class UploadMetadata
{
    private const int MaxLength = 4_096;

    /// <param name="name">Made harmless; null where there is none.</param>
    /// <returns>False where the header is malformed.</returns>
    public static bool TryRead(string header, out string? name)
    {
        name = null;
        if (header.Length > MaxLength)
            return false;
        foreach (var pair in header.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
        {
            var parts = pair.Split(' ');
            var value = new byte[MaxLength];
            var length = 0;
            if (parts.Length > 2 || (parts.Length == 2 && !Convert.TryFromBase64String(parts[1], value, out length)))
                return false;
            if (parts[0] == "filename")
                name = FileName.Clean(Encoding.UTF8.GetString(value, 0, length));
        }
        return true;
    }
}
