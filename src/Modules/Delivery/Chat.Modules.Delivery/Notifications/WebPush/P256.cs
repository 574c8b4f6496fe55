using System.Security.Cryptography;

namespace Chat.Modules.Delivery.Notifications.WebPush;

/// <summary>Public keys as Web Push has them: 65 bytes, a point of P-256 that is not compressed (X9.62).</summary>
internal static class P256
{
    private const byte NotCompressed = 4;
    private const int Coordinate = 32;

    public static byte[] PublicKeyOf(ECParameters key) => [NotCompressed, .. key.Q.X!, .. key.Q.Y!];

    /// <exception cref="CryptographicException">It has not the form.</exception>
    public static ECParameters ParametersOf(byte[] publicKey) =>
        publicKey.Length == 1 + 2 * Coordinate && publicKey[0] == NotCompressed
            ? new ECParameters { Curve = ECCurve.NamedCurves.nistP256, Q = new ECPoint { X = publicKey[1..(1 + Coordinate)], Y = publicKey[(1 + Coordinate)..] } }
            : throw new CryptographicException("Not a public key of P-256.");

    public static bool IsOnCurve(byte[] publicKey)
    {
        try
        {
            using var key = ECDiffieHellman.Create(ParametersOf(publicKey));
            return true;
        }
        catch (CryptographicException)
        {
            return false;
        }
    }
}
