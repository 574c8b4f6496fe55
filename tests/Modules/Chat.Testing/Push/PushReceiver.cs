using System.Buffers.Binary;
using System.Buffers.Text;
using System.Security.Cryptography;

namespace Chat.Testing.Push;

/// <summary>A browser that has subscribed: it has the keys, and decrypts what comes (RFC 8291, RFC 8188), in code of its own.</summary>
public sealed class PushReceiver
{
    private readonly ECDiffieHellman _key;
    private readonly byte[] _auth;
    private readonly byte[] _public;

    public PushReceiver(string endpoint) : this(endpoint, ECDiffieHellman.Create(ECCurve.NamedCurves.nistP256), RandomNumberGenerator.GetBytes(16))
    {
    }

    /// <summary>With given keys.</summary>
    public PushReceiver(string endpoint, ECDiffieHellman key, byte[] auth)
    {
        (Endpoint, _key, _auth) = (endpoint, key, auth);
        var point = key.ExportParameters(false).Q;
        _public = [4, .. point.X!, .. point.Y!];
    }

    public string Endpoint { get; }

    public string P256dh => Base64Url.EncodeToString(_public);

    public string Auth => Base64Url.EncodeToString(_auth);

    /// <summary>Whether the subscription has ended: what comes is answered 410.</summary>
    public bool IsGone { get; set; }

    /// <exception cref="CryptographicException">It was not encrypted for this receiver, or has not the form.</exception>
    public byte[] Decrypt(byte[] message)
    {
        if (message.Length < 21 + 65 + 18 || message[20] != 65)
            throw new CryptographicException("No message of the encoding aes128gcm.");
        var (salt, recordSize, sender, record) = (message[..16], BinaryPrimitives.ReadUInt32BigEndian(message.AsSpan(16)), message[21..86], message[86..]);
        if (record.Length > recordSize)
            throw new CryptographicException("More than one record.");
        using var other = ECDiffieHellman.Create(new ECParameters { Curve = ECCurve.NamedCurves.nistP256, Q = new ECPoint { X = sender[1..33], Y = sender[33..] } });
        var first = Hmac(_auth, _key.DeriveRawSecretAgreement(other.PublicKey));
        var input = Hmac(first, [.. "WebPush: info"u8, 0, .. _public, .. sender, 1]);
        var random = Hmac(salt, input);
        var contentKey = Hmac(random, [.. "Content-Encoding: aes128gcm"u8, 0, 1])[..16];
        var nonce = Hmac(random, [.. "Content-Encoding: nonce"u8, 0, 1])[..12];
        var padded = new byte[record.Length - 16];
        using var cipher = new AesGcm(contentKey, 16);
        cipher.Decrypt(nonce, record[..^16], record[^16..], padded);
        var end = Array.FindLastIndex(padded, value => value != 0);
        return end >= 0 && padded[end] == 2 ? padded[..end] : throw new CryptographicException("The last record does not end in 2.");
    }

    private static byte[] Hmac(byte[] key, byte[] data) => HMACSHA256.HashData(key, data);
}
