using System.Security.Cryptography;

namespace Chat.Modules.Media.Uploading.Tus;

/// <summary>An <c>Upload-Checksum</c> (tus 1.0.0, extension checksum): the algorithm, and the hash of the request's body in Base64.</summary>
internal sealed class Checksum : IDisposable
{
    public const string Algorithms = "sha1,sha256";

    private readonly IncrementalHash _hash;
    private readonly byte[] _expected;

    private Checksum(IncrementalHash hash, byte[] expected) => (_hash, _expected) = (hash, expected);

    /// <summary>Null where the header cannot be used.</summary>
    public static Checksum? Parse(string header)
    {
        if (header.Split(' ') is not [var name, var encoded])
            return null;
        HashAlgorithmName? algorithm = name switch { "sha1" => HashAlgorithmName.SHA1, "sha256" => HashAlgorithmName.SHA256, _ => null };
        var expected = new byte[64];
        return algorithm is { } known && Convert.TryFromBase64String(encoded, expected, out var length)
            ? new Checksum(IncrementalHash.CreateHash(known), expected[..length])
            : null;
    }

    public void Add(ReadOnlySpan<byte> bytes) => _hash.AppendData(bytes);

    public bool Matches() => _hash.GetHashAndReset().AsSpan().SequenceEqual(_expected);

    public void Dispose() => _hash.Dispose();
}
