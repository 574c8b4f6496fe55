using System.Buffers.Text;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Chat.BuildingBlocks.Ids;
using Chat.BuildingBlocks.Secrets;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Options;

namespace Chat.Modules.Media.Signing;

/// <summary>What a signed address says: whose right to read it uses, of which file, until when.</summary>
/// <param name="ThumbnailWidth">Null for the file's bytes.</param>
internal sealed record SignedRead(MediaId Media, UserId Reader, int? ThumbnailWidth, DateTimeOffset ExpiresAt);

/// <summary>
/// Addresses at which a file can be read without a token. All that they say is covered by HMAC-SHA256 with a key of the server's own; the reader's right is asked
/// again at each read. The reader is called <c>u</c>, by which load balancers find the user's server.
/// </summary>
internal sealed class SignedAddresses(IDerivedKeys keys, IOptions<SigningOptions> options, TimeProvider clock)
{
    private const string Reader = "u", Expires = "e", Width = "w", Signature = "s";

    private readonly byte[] _key = keys.DeriveKey("signed media addresses");

    public SignedRead Begin(MediaId media, UserId reader, int? thumbnailWidth)
    {
        var expires = clock.GetUtcNow().AddSeconds(options.Value.SignedAddressSeconds).ToUnixTimeSeconds();
        return new SignedRead(media, reader, thumbnailWidth, DateTimeOffset.FromUnixTimeSeconds(expires));
    }

    /// <summary>The query of the address.</summary>
    public QueryString Sign(SignedRead read)
    {
        var (reader, expires, width) = (read.Reader.Value, Text(read.ExpiresAt.ToUnixTimeSeconds()), read.ThumbnailWidth is { } w ? Text(w) : null);
        var query = QueryString.Create(Reader, reader).Add(Expires, expires);
        if (width is not null)
            query = query.Add(Width, width);
        return query.Add(Signature, SignatureOf(read.Media.ToString(), reader, expires, width));
    }

    /// <returns>Null if the address was not made by <see cref="Sign"/>, was changed, or has expired.</returns>
    public SignedRead? Read(string media, IQueryCollection query)
    {
        if (query[Reader] is not [{ } reader] || query[Expires] is not [{ } expires] || query[Signature] is not [{ } signature]
            || query[Width] is not ([] or [{ }]) || query.Count != (query.ContainsKey(Width) ? 4 : 3))
            return null;
        var width = query.ContainsKey(Width) ? query[Width][0] : null;
        if (!CryptographicOperations.FixedTimeEquals(Encoding.UTF8.GetBytes(signature), Encoding.UTF8.GetBytes(SignatureOf(media, reader, expires, width))))
            return null;
        var read = new SignedRead(
            MediaId.Parse(media, null), UserId.Parse(reader), width is null ? null : int.Parse(width, CultureInfo.InvariantCulture),
            DateTimeOffset.FromUnixTimeSeconds(long.Parse(expires, CultureInfo.InvariantCulture)));
        return read.ExpiresAt > clock.GetUtcNow() ? read : null;
    }

    // None of the values has a line break, so no two readings of an address have the same text.
    private string SignatureOf(string media, string reader, string expires, string? width) =>
        Base64Url.EncodeToString(HMACSHA256.HashData(_key, Encoding.UTF8.GetBytes($"{(width is null ? "bytes" : "thumbnail")}\n{media}\n{reader}\n{expires}\n{width}")));

    private static string Text(long number) => number.ToString(CultureInfo.InvariantCulture);
}
