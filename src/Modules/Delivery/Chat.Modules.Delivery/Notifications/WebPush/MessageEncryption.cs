using System.Buffers.Binary;
using System.Security.Cryptography;

namespace Chat.Modules.Delivery.Notifications.WebPush;

/// <summary>Encrypts a payload for one receiver, so that the push service cannot read it (RFC 8291, with the encoding aes128gcm of RFC 8188).</summary>
internal static class MessageEncryption
{
    /// <summary>The longest payload in bytes: encrypted it has the 4,096 that every push service takes (RFC 8030 §7.2).</summary>
    public const int MaxPayloadBytes = MaxBytes - HeaderBytes - 1 - TagBytes;

    /// <summary>Bytes of a public key: a point of P-256, not compressed.</summary>
    public const int PublicKeyBytes = 65;

    /// <summary>Bytes of the secret that the receiver shares with the server.</summary>
    public const int AuthBytes = 16;

    private const int MaxBytes = 4_096, SaltBytes = 16, TagBytes = 16;
    private const int HeaderBytes = SaltBytes + sizeof(uint) + 1 + PublicKeyBytes;

    /// <param name="receiver">The receiver's public key, <c>p256dh</c>.</param>
    /// <param name="auth">The receiver's secret.</param>
    /// <exception cref="CryptographicException"><paramref name="receiver"/> is no point of P-256.</exception>
    public static byte[] Encrypt(ReadOnlySpan<byte> payload, byte[] receiver, byte[] auth)
    {
        using var sender = ECDiffieHellman.Create(ECCurve.NamedCurves.nistP256);
        return Encrypt(payload, receiver, auth, sender, RandomNumberGenerator.GetBytes(SaltBytes));
    }

    /// <summary>The same with a given key and salt, which must never be used twice.</summary>
    internal static byte[] Encrypt(ReadOnlySpan<byte> payload, byte[] receiver, byte[] auth, ECDiffieHellman sender, byte[] salt)
    {
        var senderKey = P256.PublicKeyOf(sender.ExportParameters(includePrivateParameters: false));
        var (contentKey, nonce) = KeysOf(receiver, auth, sender, senderKey, salt);

        // Header: salt, record size, length of the key's id, which is the sender's public key.
        var message = new byte[HeaderBytes + payload.Length + 1 + TagBytes];
        salt.CopyTo(message, 0);
        BinaryPrimitives.WriteUInt32BigEndian(message.AsSpan(SaltBytes), MaxBytes);
        message[SaltBytes + sizeof(uint)] = PublicKeyBytes;
        senderKey.CopyTo(message, HeaderBytes - PublicKeyBytes);

        // One record, which is the last: the payload and the delimiter 2.
        Span<byte> record = new byte[payload.Length + 1];
        payload.CopyTo(record);
        record[^1] = 2;
        using var cipher = new AesGcm(contentKey, TagBytes);
        cipher.Encrypt(nonce, record, message.AsSpan(HeaderBytes, record.Length), message.AsSpan(HeaderBytes + record.Length));
        return message;
    }

    private static (byte[] ContentKey, byte[] Nonce) KeysOf(byte[] receiver, byte[] auth, ECDiffieHellman sender, byte[] senderKey, byte[] salt)
    {
        using var other = ECDiffieHellman.Create(P256.ParametersOf(receiver));
        var shared = sender.DeriveRawSecretAgreement(other.PublicKey);
        byte[] info = [.. "WebPush: info\0"u8, .. receiver, .. senderKey];
        var material = HKDF.DeriveKey(HashAlgorithmName.SHA256, shared, 32, auth, info);
        return (
            HKDF.DeriveKey(HashAlgorithmName.SHA256, material, 16, salt, "Content-Encoding: aes128gcm\0"u8.ToArray()),
            HKDF.DeriveKey(HashAlgorithmName.SHA256, material, 12, salt, "Content-Encoding: nonce\0"u8.ToArray()));
    }
}
